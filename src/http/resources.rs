//! The resources of a type: the collection and its members. Every type is served alike.

use super::answer::{Failure, json, not_modified, resource};
use super::extract::{Asking, Body, Conditions, LastPart, Listed, Projected};
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
    let (asking, Listed(query)) = asking.with(listed).await?;
    let list = |asked| provisioning::list(&app.service, asked, V::RESOURCE_TYPE, query.clone());
    let page = asking.answer(list).await?;
    Ok(json(StatusCode::OK, page.render()))
}

pub async fn create<V: Verbs>(
    State(app): State<App>,
    asking: Asking,
    projected: Projected,
    body: Result<Body, Failure>,
) -> Result<Response, Failure> {
    let (asking, body) = asking.with(body).await?;
    let create = |asked| async {
        provisioning::create::<V>(&app.service, asked, body.json()?, projected.on(V::RESOURCE_TYPE)).await
    };
    let created = asking.answer(create).await?;
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
    let answer = asking.answer(read).await?;
    let is_known = |condition: Condition| answer.is_told_by_version && condition.matches(answer.version);
    if conditions.if_none_match.is_some_and(is_known) {
        return Ok(not_modified(&answer));
    }
    Ok(resource(StatusCode::OK, answer))
}

pub async fn replace<V: Verbs>(
    State(app): State<App>,
    asking: Asking,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
    body: Result<Body, Failure>,
) -> Result<Response, Failure> {
    let (asking, body) = asking.with(body).await?;
    let replace = |asked| async {
        let (condition, projection) = (conditions.if_match.clone(), projected.on(V::RESOURCE_TYPE));
        provisioning::replace::<V>(&app.service, asked, &id, body.json()?, condition, projection).await
    };
    let answer = asking.answer(replace).await?;
    Ok(resource(StatusCode::OK, answer))
}

pub async fn patch<V: Verbs>(
    State(app): State<App>,
    asking: Asking,
    LastPart(id): LastPart,
    projected: Projected,
    conditions: Conditions,
    body: Result<Body, Failure>,
) -> Result<Response, Failure> {
    let (asking, body) = asking.with(body).await?;
    let patch = |asked| async {
        let (condition, projection) = (conditions.if_match.clone(), projected.on(V::RESOURCE_TYPE));
        provisioning::patch::<V>(&app.service, asked, &id, body.json()?, condition, projection).await
    };
    Ok(match asking.answer(patch).await? {
        Some(answer) => resource(StatusCode::OK, answer),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

pub async fn delete<V: Verbs>(
    State(app): State<App>,
    asking: Asking,
    LastPart(id): LastPart,
    conditions: Conditions,
) -> Result<Response, Failure> {
    let delete = |asked| provisioning::delete::<V>(&app.service, asked, &id, conditions.if_match.clone());
    asking.answer(delete).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
