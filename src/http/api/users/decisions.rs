//! Decisions for the product: may this user do that now? The answer is 200 either way.

use crate::admin::{self, Answer, Question};
use crate::domain::Id;
use crate::http::api::Problem;
use crate::http::api::caller::Ids;
use crate::http::api::read::Read;
use axum::response::Response;
use serde::Deserialize;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Sending {
    /// In this group, by name or id; in any of his groups when it is left out.
    group: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Doing {
    /// Such as billing.view.
    capability: String,
}

/// Ask whether a user may sign in
#[utoipa::path(get, path = "/users/{id}/decisions/can-sign-in", tag = "users",
    responses((status = 200, description = "Yes, or why not", body = Answer)))]
pub async fn can_sign_in(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    answer(id, read, Question::SignIn).await
}

/// Ask whether a user may start sessions
#[utoipa::path(get, path = "/users/{id}/decisions/can-send", tag = "users", params(Sending),
    responses((status = 200, description = "Yes, or why not", body = Answer)))]
pub async fn can_send(Ids([id]): Ids<1>, read: Read<Sending>) -> Result<Response, Problem> {
    let question = Question::Send(read.query.group.clone());
    answer(id, read, question).await
}

/// Ask whether a user may edit sessions
#[utoipa::path(get, path = "/users/{id}/decisions/can-edit-session", tag = "users",
    responses((status = 200, description = "Yes, or why not", body = Answer)))]
pub async fn can_edit_session(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    answer(id, read, Question::EditSession).await
}

/// Ask whether the roles of a user allow something
#[utoipa::path(get, path = "/users/{id}/decisions/can", tag = "users", params(Doing),
    responses((status = 200, description = "Yes, or why not", body = Answer)))]
pub async fn can(Ids([id]): Ids<1>, read: Read<Doing>) -> Result<Response, Problem> {
    let question = Question::Capability(read.query.capability.clone());
    answer(id, read, question).await
}

async fn answer<Q>(id: Id, read: Read<Q>, question: Question) -> Result<Response, Problem> {
    read.run(async move |tx, request| admin::decide(tx, request, id, &question).await).await
}
