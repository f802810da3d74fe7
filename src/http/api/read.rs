//! One thing, read.

use super::parameters::{NoParameters, parse};
use super::{Problem, caller};
use crate::admin::{Error, Request, Tx};
use crate::app::App;
use crate::scim::etag;
use axum::Json;
use axum::extract::FromRequestParts;
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
}

impl<Q: DeserializeOwned + IntoParams> FromRequestParts<App> for Read<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let request = caller::request(parts, app).await?;
        let (NoParameters {}, query) = parse(&parts.uri)?;
        Ok(Self { query, app: app.clone(), request })
    }
}

impl<Q> Read<Q> {
    /// Runs a use case and shows what it gives; a member `version` becomes the ETag.
    pub async fn run<F, V>(self, work: F) -> Result<Response, Problem>
    where
        F: for<'t, 'c, 'r> AsyncFn(&'t mut Tx<'c>, &'r Request) -> Result<V, Error> + Send + 'static,
        V: Serialize + Send + 'static,
    {
        let request = self.request;
        let shown = self.app.service.db.read(async move |tx: &mut Tx<'_>| work(tx, &request).await).await?;
        Ok(Self::shown(shown))
    }

    /// The same for what takes many queries: it does not hold up the short reads of others.
    pub async fn run_long<F, V>(self, work: F) -> Result<Response, Problem>
    where
        F: for<'t, 'c, 'r> AsyncFn(&'t mut Tx<'c>, &'r Request) -> Result<V, Error> + Send + 'static,
        V: Serialize + Send + 'static,
    {
        let request = self.request;
        let shown = self.app.service.db.scan(async move |tx: &mut Tx<'_>| work(tx, &request).await).await?;
        Ok(Self::shown(shown))
    }

    fn shown(shown: impl Serialize) -> Response {
        let body = serde_json::to_value(shown).unwrap_or_default();
        let tag =
            body.get("version").and_then(serde_json::Value::as_i64).map(|version| [(ETAG, etag::format(version))]);
        (tag.into_iter().next(), Json(body)).into_response()
    }
}
