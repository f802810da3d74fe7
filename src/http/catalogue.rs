//! Roles and entitlements: read, never written.

use super::answer::{Failure, json, not_modified, resource};
use super::extract::{Authenticated, Conditions, Json, LastPart, Listed, Projected};
use crate::app::App;
use crate::provisioning::{self, Error, ReadOnly};
use crate::scim::etag::Condition;
use crate::scim::list::Query;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

pub async fn list<T: ReadOnly>(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Listed(query): Listed,
) -> Result<Response, Failure> {
    let page = provisioning::list_of_catalogue::<T>(&app.service, &app.service.request(caller, app.now()), &query)?;
    Ok(json(StatusCode::OK, page.render()))
}

pub async fn search<T: ReadOnly>(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Json(body): Json,
) -> Result<Response, Failure> {
    let query = Query::from_search_request(body).map_err(Error::from)?;
    let page = provisioning::list_of_catalogue::<T>(&app.service, &app.service.request(caller, app.now()), &query)?;
    Ok(json(StatusCode::OK, page.render()))
}

pub async fn read<T: ReadOnly>(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let answer = provisioning::read_of_catalogue::<T>(&request, &id, &projected.on(T::RESOURCE_TYPE))?;
    let is_known = |condition: Condition| condition.matches(answer.version);
    if conditions.if_none_match.is_some_and(is_known) {
        return Ok(not_modified(&answer));
    }
    Ok(resource(StatusCode::OK, answer))
}
