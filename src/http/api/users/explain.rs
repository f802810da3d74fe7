//! Why a user is what he is.

use crate::admin::{self, EffectiveSettings, Explanation};
use crate::http::api::Problem;
use crate::http::api::caller::Ids;
use crate::http::api::read::Read;
use axum::response::Response;

/// Explain where a user stands
///
/// For organization, roles, memberships, primary group and status: who gave it, by which rule and in which request; and the
/// rules that match now and did not decide.
#[utoipa::path(get, path = "/users/{id}/explain", tag = "users",
    responses((status = 200, description = "The explanation", body = Explanation)))]
pub async fn explain(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    read.run_long(async move |tx, request| admin::explain(tx, request, id).await).await
}

/// Read which sender and expirations hold for a user
#[utoipa::path(get, path = "/users/{id}/effective-settings", tag = "users",
    responses((status = 200, description = "The settings and where they come from", body = EffectiveSettings)))]
pub async fn settings(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    read.run(async move |tx, request| admin::effective_settings(tx, request, id).await).await
}
