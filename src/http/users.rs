//! `/Users`.

use super::answer::{Failure, json, not_modified, resource};
use super::extract::{Authenticated, Conditions, Json, LastPart, Listed, Projected};
use crate::app::App;
use crate::provisioning;
use crate::scim::etag::Condition;
use crate::scim::schema::USER;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

pub async fn list(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    Listed(query): Listed,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let page = provisioning::list(&app.service, request, &USER, query).await?;
    Ok(json(StatusCode::OK, page.render()))
}

pub async fn create(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    projected: Projected,
    Json(body): Json,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let answer = provisioning::create_user(&app.service, request, body, projected.on(&USER)).await?;
    Ok(resource(StatusCode::CREATED, answer))
}

pub async fn read(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let answer = provisioning::read_user(&app.service, request, &id, projected.on(&USER)).await?;
    let is_known = |condition: Condition| answer.is_told_by_version && condition.matches(answer.version);
    if conditions.if_none_match.is_some_and(is_known) {
        return Ok(not_modified(&answer));
    }
    Ok(resource(StatusCode::OK, answer))
}

pub async fn replace(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
    Json(body): Json,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let (condition, projection) = (conditions.if_match, projected.on(&USER));
    let answer = provisioning::replace_user(&app.service, request, &id, body, condition, projection).await?;
    Ok(resource(StatusCode::OK, answer))
}

pub async fn patch(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
    Json(body): Json,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let (condition, projection) = (conditions.if_match, projected.on(&USER));
    let answer = provisioning::patch_user(&app.service, request, &id, body, condition, projection).await?;
    Ok(resource(StatusCode::OK, answer))
}

pub async fn delete(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(id): LastPart,
    conditions: Conditions,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    provisioning::delete_user(&app.service, request, &id, conditions.if_match).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
