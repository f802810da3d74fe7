//! One thing, read.

use super::parameters::{NoParameters, parse};
use super::{Problem, caller};
use crate::admin::{Error, Request, Tx};
use crate::app::App;
use crate::http::extract::Conditions;
use crate::scim::etag::{self, Condition};
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::ETAG;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

/// A GET of one thing. `Q` are its query parameters.
pub struct Read<Q = NoParameters> {
    pub query: Q,
    app: App,
    request: Request,
    /// Of `If-None-Match`, where a version says everything.
    known: Option<Condition>,
    if_none_match: Option<Condition>,
}

impl<Q: DeserializeOwned + IntoParams> FromRequestParts<App> for Read<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let request = caller::request(parts, app).await?;
        let Ok(conditions) = Conditions::from_request_parts(parts, app).await;
        let (NoParameters {}, query) = parse(&parts.uri)?;
        Ok(Self { query, app: app.clone(), request, known: None, if_none_match: conditions.if_none_match })
    }
}

impl<Q> Read<Q> {
    /// For what changes with its version only: it is not sent again to who has it (RFC 9110 §15.4.5). What also shows
    /// names of other things does not.
    pub fn versioned(mut self) -> Self {
        self.known = self.if_none_match.take();
        self
    }

    /// The request, for a use case that does not read the main database alone.
    pub fn request(self) -> Request {
        self.request
    }

    /// Runs a use case and shows what it gives; a member `version` becomes the ETag.
    pub async fn run<F, V>(self, work: F) -> Result<Response, Problem>
    where
        F: for<'t, 'c, 'r> AsyncFn(&'t mut Tx<'c>, &'r Request) -> Result<V, Error> + Send + 'static,
        V: Serialize + Send + 'static,
    {
        let Self { request, known, app, .. } = self;
        let shown = app.service.db.read(async move |tx: &mut Tx<'_>| work(tx, &request).await).await?;
        Ok(answer(shown, known.as_ref()))
    }

    /// The same for what takes many queries: it does not hold up the short reads of others.
    pub async fn run_long<F, V>(self, work: F) -> Result<Response, Problem>
    where
        F: for<'t, 'c, 'r> AsyncFn(&'t mut Tx<'c>, &'r Request) -> Result<V, Error> + Send + 'static,
        V: Serialize + Send + 'static,
    {
        let Self { request, known, app, .. } = self;
        let shown = app.service.db.scan(async move |tx: &mut Tx<'_>| work(tx, &request).await).await?;
        Ok(answer(shown, known.as_ref()))
    }
}

fn answer(shown: impl Serialize, known: Option<&Condition>) -> Response {
    let body = serde_json::to_value(shown).unwrap_or_default();
    let version = body.get("version").and_then(serde_json::Value::as_i64);
    let tag = version.map(|version| [(ETAG, etag::format(version))]).into_iter().next();
    // A warning comes without a new version.
    let warns = body.get("warnings").is_some();
    match !warns && version.is_some_and(|version| known.is_some_and(|known| known.matches(version))) {
        true => (tag, StatusCode::NOT_MODIFIED).into_response(),
        false => (tag, Json(body)).into_response(),
    }
}
