//! The groups of the account.

pub mod members;

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::{Nothing, Write};
use crate::admin::{self, Asked, Done, GroupFields, GroupFilters, GroupView};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// Which groups are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Archived groups, others, or all; others when it is left out.
    #[param(inline)]
    archived: Option<Archived>,
    /// Part of the name.
    q: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Archived {
    True,
    False,
    All,
}

impl Filters {
    fn wanted(&self) -> GroupFilters {
        let archived = match self.archived {
            Some(Archived::True) => Some(true),
            Some(Archived::False) | None => Some(false),
            Some(Archived::All) => None,
        };
        GroupFilters { archived, keyword: self.q.clone().filter(|text| !text.trim().is_empty()) }
    }
}

/// The word of a refusal, repeated.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Confirmation {
    /// `confirm` of the refusal `group_delete_strips_access`.
    confirm: Option<String>,
}

/// List the groups, in order of creation
///
/// The Default group is among them.
#[utoipa::path(get, path = "/groups", tag = "groups", params(Paging, Filters),
    responses((status = 200, description = "A page", body = Items<GroupView>)))]
pub async fn list(list: List<Filters>) -> Result<Response, Problem> {
    list.run(async |tx, wanted| admin::groups_page(tx, &wanted.request, &wanted.filters.wanted(), &wanted.window).await)
        .await
}

/// Make a group, with members or without
#[utoipa::path(post, path = "/groups", tag = "groups", request_body = GroupFields,
    responses((status = 201, description = "The group", body = GroupView)))]
pub async fn create(write: Write<GroupFields>) -> Result<Response, Problem> {
    write
        .run(async |tx, Asked { request, body }| Ok(Done::created(&admin::create_group(tx, request, body).await?)))
        .await
}

/// Read a group
#[utoipa::path(get, path = "/groups/{id}", tag = "groups",
    responses((status = 200, description = "The group", body = GroupView)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    read.run(async move |tx, request| admin::group_of(tx, request, id).await).await
}

/// Change a group
///
/// What is left out stays, what is null is cleared. Other roles count for the members at once.
#[utoipa::path(patch, path = "/groups/{id}", tag = "groups", request_body = GroupFields,
    responses((status = 200, description = "The group", body = GroupView)))]
pub async fn edit(Ids([id]): Ids<1>, write: Write<GroupFields>) -> Result<Response, Problem> {
    let work = write
        .run(async move |tx, Asked { request, body }| Ok(Done::ok(&admin::edit_group(tx, request, id, body).await?)));
    work.await
}

/// Delete a group
///
/// Members who are left without a group are in Default. When it would leave users without any role, the answer is 409
/// `group_delete_strips_access` with those `users` and a word `confirm`, with which the request is repeated. Where the
/// policy `groups.delete` is `archive`, the group is archived.
#[utoipa::path(delete, path = "/groups/{id}", tag = "groups", params(Confirmation),
    responses((status = 204, description = "Deleted")))]
pub async fn delete(Ids([id]): Ids<1>, write: Write<Nothing, Confirmation>) -> Result<Response, Problem> {
    let confirm = write.query.confirm.clone();
    let work = write.run(async move |tx, asked| {
        admin::delete_group(tx, &asked.request, id, confirm.as_deref()).await?;
        Ok(Done::deleted())
    });
    work.await
}

/// Archive a group
///
/// It is hidden from pickers and takes no new members; those it has stay.
#[utoipa::path(post, path = "/groups/{id}/archive", tag = "groups",
    responses((status = 200, description = "The group", body = GroupView)))]
pub async fn archive(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    write.run(async move |tx, asked| Ok(Done::ok(&admin::archive_group(tx, &asked.request, id, true).await?))).await
}

/// Take a group out of the archive
#[utoipa::path(post, path = "/groups/{id}/unarchive", tag = "groups",
    responses((status = 200, description = "The group", body = GroupView)))]
pub async fn unarchive(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    write.run(async move |tx, asked| Ok(Done::ok(&admin::archive_group(tx, &asked.request, id, false).await?))).await
}
