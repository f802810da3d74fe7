//! Leaving and coming back.

use crate::admin::{self, Asked, Done, UserView};
use crate::domain::Id;
use crate::http::api::Problem;
use crate::http::api::caller::Ids;
use crate::http::api::write::Write;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// Why it is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithReason {
    /// For the audit trail and the change feed.
    reason: Option<String>,
}

/// Deactivate a user
///
/// He cannot sign in, nor start or edit sessions. Memberships, ownership, data and audit stay, and sessions that run
/// already are not stopped.
#[utoipa::path(post, path = "/users/{id}/deactivate", tag = "users", request_body = Option<WithReason>,
    responses((status = 200, description = "The user", body = UserView)))]
pub async fn deactivate(Ids([id]): Ids<1>, write: Write<WithReason>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        Ok(Done::ok(&admin::deactivate_user(tx, request, id, body.reason.as_deref()).await?))
    });
    work.await
}

/// Reactivate a user
///
/// He has what he had, with the same id.
#[utoipa::path(post, path = "/users/{id}/reactivate", tag = "users",
    responses((status = 200, description = "The user", body = UserView)))]
pub async fn reactivate(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    write.run(async move |tx, asked| Ok(Done::ok(&admin::reactivate_user(tx, &asked.request, id).await?))).await
}

/// Remove a user for ever
///
/// His login and e-mail addresses are free again; a tombstone stays for ownership and audit.
#[utoipa::path(post, path = "/users/{id}/remove", tag = "users", request_body = Option<WithReason>,
    responses((status = 204, description = "Removed")))]
pub async fn remove(Ids([id]): Ids<1>, write: Write<WithReason>) -> Result<Response, Problem> {
    run_removal(id, write).await
}

pub(super) async fn run_removal(id: Id, write: Write<WithReason>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        admin::remove_user(tx, request, id, body.reason.as_deref()).await?;
        Ok(Done::deleted())
    });
    work.await
}
