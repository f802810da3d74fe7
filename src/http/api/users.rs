//! The people of the account.

pub mod decisions;
pub mod explain;
pub mod grants;
pub mod lifecycle;

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::Write;
use crate::admin::{self, AnyUser, Asked, Changed, Done, UserFields, UserFilters, UserView};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// Which users are wanted; several filters must all hold.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// All but the removed ones when it is left out. Removed users are listed by themselves.
    #[param(inline)]
    status: Option<StatusWord>,
    /// The user type, such as Employee.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    user_type: Option<String>,
    /// By key, name or alias; direct roles, held ones among them, and inherited ones.
    role: Option<String>,
    /// By name or id.
    group: Option<String>,
    /// By name or id.
    organization: Option<String>,
    /// Part of the login, the display name or an e-mail address.
    q: Option<String>,
    /// Only those who are not inactive and cannot start sessions: without organization, or without a group to send in.
    attention: Option<bool>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusWord {
    Invited,
    Active,
    Inactive,
    Removed,
}

impl Filters {
    fn wanted(&self) -> UserFilters {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let status = self.status.map(|status| match status {
            StatusWord::Invited => "invited",
            StatusWord::Active => "active",
            StatusWord::Inactive => "inactive",
            StatusWord::Removed => "removed",
        });
        UserFilters {
            status: status.map(str::to_owned),
            user_type: said(&self.user_type),
            role: said(&self.role),
            group: said(&self.group),
            organization: said(&self.organization),
            keyword: said(&self.q),
            attention: self.attention == Some(true),
        }
    }
}

/// List the users, in order of creation
#[utoipa::path(get, path = "/users", tag = "users", params(Paging, Filters),
    responses((status = 200, description = "A page", body = Items<AnyUser>)))]
pub async fn list(list: List<Filters>) -> Result<Response, Problem> {
    list.run(async |tx, wanted| admin::users_page(tx, &wanted.request, &wanted.filters.wanted(), &wanted.window).await)
        .await
}

/// Make a user
///
/// Where the policy `activation.admin` is `invite`, which is the default, the user is `invited` and becomes active by
/// accepting; with `direct` he is active at once. Without an organization the account's fallback decides.
#[utoipa::path(post, path = "/users", tag = "users", request_body = UserFields,
    responses((status = 201, description = "The user", body = UserView)))]
pub async fn create(write: Write<UserFields>) -> Result<Response, Problem> {
    write
        .run(async |tx, Asked { request, body }| Ok(Done::created(&admin::create_user(tx, request, body).await?)))
        .await
}

/// Read a user
///
/// Of a removed user his tombstone is shown.
#[utoipa::path(get, path = "/users/{id}", tag = "users",
    responses((status = 200, description = "The user", body = AnyUser)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    read.run(async move |tx, request| admin::user_of(tx, request, id).await).await
}

/// Change a user
///
/// What is left out stays, what is null is cleared; everything is one change.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", request_body = UserFields,
    responses((status = 200, description = "The user", body = UserView)))]
pub async fn edit(Ids([id]): Ids<1>, write: Write<UserFields>) -> Result<Response, Problem> {
    write.run(async move |tx, Asked { request, body }| admin::edit_user(tx, request, id, body).await.map(changed)).await
}

/// Remove a user for ever
///
/// The same as `POST /users/{id}/remove`.
#[utoipa::path(delete, path = "/users/{id}", tag = "users", request_body = Option<lifecycle::WithReason>,
    responses((status = 204, description = "Removed")))]
pub async fn delete(Ids([id]): Ids<1>, write: Write<lifecycle::WithReason>) -> Result<Response, Problem> {
    lifecycle::run_removal(id, write).await
}

/// A changed user as the answer of a write.
fn changed(changed: Changed) -> Done {
    changed.warnings.into_iter().fold(Done::ok(&changed.user), Done::warn)
}
