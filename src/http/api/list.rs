//! Lists, page by page.

use super::parameters::{NoParameters, parse};
use super::{Problem, caller};
use crate::admin::{Error, Page, Request, Tx, Window};
use crate::app::App;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const DEFAULT: u16 = 100;
const MAXIMUM: u16 = 1000;

/// The parameters of every list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// How many items at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Items<T> {
    pub items: Vec<T>,
    /// Where to go on; null on the last page.
    pub next_cursor: Option<String>,
}

/// A GET of a list. `Q` are its filters.
pub struct List<Q = NoParameters> {
    app: App,
    wanted: Wanted<Q>,
}

/// Which page, under which filters, and for whom.
pub struct Wanted<Q> {
    pub request: Request,
    pub window: Window,
    pub filters: Q,
}

impl<Q: DeserializeOwned + IntoParams> FromRequestParts<App> for List<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let request = caller::request(parts, app).await?;
        let (paging, filters) = parse::<Paging, Q>(&parts.uri)?;
        Ok(Self { app: app.clone(), wanted: Wanted { request, window: paging.window()?, filters } })
    }
}

impl<Q: Send + Sync + 'static> List<Q> {
    /// What is wanted, for a use case that does not read the main database alone.
    pub fn wanted(self) -> Wanted<Q> {
        self.wanted
    }

    /// Runs a use case that gives a page.
    pub async fn run<F, V>(self, work: F) -> Result<Response, Problem>
    where
        F: for<'t, 'c, 'r> AsyncFn(&'t mut Tx<'c>, &'r Wanted<Q>) -> Result<Page<V>, Error> + Send + 'static,
        V: Serialize + Send + 'static,
    {
        let Self { app, wanted } = self;
        let work = async move |tx: &mut Tx<'_>| work(tx, &wanted).await;
        Ok(shown(app.service.db.scan(work).await?))
    }
}

pub fn shown<V: Serialize>(page: Page<V>) -> Response {
    let next_cursor = page.next.map(|key| URL_SAFE_NO_PAD.encode(key));
    Json(Items { items: page.items, next_cursor }).into_response()
}

impl Paging {
    fn window(self) -> Result<Window, Problem> {
        let limit = self.limit.unwrap_or(DEFAULT);
        if !(1..=MAXIMUM).contains(&limit) {
            let detail = format!("The limit must be from 1 to {MAXIMUM}.");
            return Err(Problem::new(400, "parameter_invalid", detail).extra("parameter", "limit"));
        }
        let decode = |cursor: String| {
            let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(Error::CursorInvalid)
        };
        Ok(Window { after: self.cursor.map(decode).transpose()?, limit: limit.into() })
    }
}
