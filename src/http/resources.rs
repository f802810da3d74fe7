//! The resources of a type: the collection and its members. Every type is served alike.

use super::answer::{Failure, json, not_modified, resource};
use super::extract::{Asking, Authenticated, Conditions, Json, LastPart, Listed, Projected};
use crate::app::App;
use crate::provisioning::{self, Verbs};
use crate::scim::etag::Condition;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

pub async fn list<V: Verbs>(
    State(app): State<App>,
    asking: Asking,
    listed: Result<Listed, Failure>,
) -> Result<Response, Failure> {
    let query = match listed {
        Ok(Listed(query)) => query,
        Err(failure) => return Err(asking.refuse(failure).await),
    };
    let list = |asked| provisioning::list(&app.service, asked, V::RESOURCE_TYPE, query.clone());
    let page = asking.read(list).await?;
    Ok(json(StatusCode::OK, page.render()))
}

pub async fn create<V: Verbs>(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    projected: Projected,
    Json(body): Json,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let created = provisioning::create::<V>(&app.service, request, body, projected.on(V::RESOURCE_TYPE)).await?;
    let status = if created.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(resource(status, created.answer))
}

pub async fn read<V: Verbs>(
    State(app): State<App>,
    asking: Asking,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
) -> Result<Response, Failure> {
    let read = |asked| provisioning::read::<V>(&app.service, asked, &id, projected.on(V::RESOURCE_TYPE));
    let answer = asking.read(read).await?;
    let is_known = |condition: Condition| answer.is_told_by_version && condition.matches(answer.version);
    if conditions.if_none_match.is_some_and(is_known) {
        return Ok(not_modified(&answer));
    }
    Ok(resource(StatusCode::OK, answer))
}

pub async fn replace<V: Verbs>(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
    Json(body): Json,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let (condition, projection) = (conditions.if_match, projected.on(V::RESOURCE_TYPE));
    let answer = provisioning::replace::<V>(&app.service, request, &id, body, condition, projection).await?;
    Ok(resource(StatusCode::OK, answer))
}

pub async fn patch<V: Verbs>(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
    Json(body): Json,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let (condition, projection) = (conditions.if_match, projected.on(V::RESOURCE_TYPE));
    let answer = provisioning::patch::<V>(&app.service, request, &id, body, condition, projection).await?;
    Ok(match answer {
        Some(answer) => resource(StatusCode::OK, answer),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

pub async fn delete<V: Verbs>(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    LastPart(id): LastPart,
    conditions: Conditions,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    provisioning::delete::<V>(&app.service, request, &id, conditions.if_match).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
