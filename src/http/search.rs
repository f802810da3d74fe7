//! `.search` at the root and under each type (RFC 7644 §3.4.3), and GET on the root.

use super::answer::{Failure, json};
use super::extract::{Authenticated, Json, Listed};
use crate::app::App;
use crate::provisioning::{self, Caller, Error, Verbs};
use crate::scim::list::Query;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

pub async fn of_type<V: Verbs>(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Json(body): Json,
) -> Result<Response, Failure> {
    let query = Query::from_search_request(body).map_err(Error::from)?;
    let request = app.service.request(caller, app.now());
    let page = provisioning::list(&app.service, request.into(), V::RESOURCE_TYPE, query).await?;
    Ok(json(StatusCode::OK, page.render()))
}

pub async fn search_everything(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Json(body): Json,
) -> Result<Response, Failure> {
    let query = Query::from_search_request(body).map_err(Error::from)?;
    all_types(&app, caller, query).await
}

pub async fn everything(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Listed(query): Listed,
) -> Result<Response, Failure> {
    all_types(&app, caller, query).await
}

async fn all_types(app: &App, caller: Caller, query: Query) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let page = provisioning::search_everything(&app.service, request, query).await?;
    Ok(json(StatusCode::OK, page.render()))
}
