//! The members of a group, and those who can become members.

use crate::admin::{self, Asked, CandidateView, Done, MemberView, MemberWanted, MembersChanged};
use crate::domain::Id;
use crate::http::api::Problem;
use crate::http::api::caller::Ids;
use crate::http::api::list::{Items, List, Paging};
use crate::http::api::write::Write;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// Members to add and to remove together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberBatch {
    #[serde(default)]
    add: Vec<NewMember>,
    /// Ids of users.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    remove: Vec<Id>,
}

/// A user to add. A new membership begins without group admin and with can send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMember {
    #[schema(value_type = String, format = "uuid")]
    user: Id,
    group_admin: Option<bool>,
    can_send: Option<bool>,
}

/// Flags of a membership; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MemberFlags {
    group_admin: Option<bool>,
    can_send: Option<bool>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Keyword {
    /// Part of the login, the display name or an e-mail address.
    q: Option<String>,
}

/// List the members of a group
#[utoipa::path(get, path = "/groups/{id}/members", tag = "groups", operation_id = "members", params(Paging),
    responses((status = 200, description = "A page", body = Items<MemberView>)))]
pub async fn list(Ids([group]): Ids<1>, list: List) -> Result<Response, Problem> {
    list.run(async move |tx, wanted| admin::members_page(tx, &wanted.request, group, &wanted.window).await).await
}

/// Add and remove members together
///
/// This is the door of the group: where automatic reassignment is on, a user whose primary group is Default leaves it and
/// the group becomes his primary one. `moved` tells who left which group.
#[utoipa::path(post, path = "/groups/{id}/members", tag = "groups", operation_id = "change_members",
    request_body = MemberBatch, responses((status = 200, description = "The group", body = MembersChanged)))]
pub async fn change(Ids([group]): Ids<1>, write: Write<MemberBatch>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let wanted =
            |new: &NewMember| MemberWanted { user: new.user, group_admin: new.group_admin, can_send: new.can_send };
        let add: Vec<MemberWanted> = body.add.iter().map(wanted).collect();
        Ok(Done::ok(&admin::change_members(tx, request, group, &add, &body.remove).await?))
    });
    work.await
}

/// Set the flags of a member
///
/// `If-Match` is about the group.
#[utoipa::path(patch, path = "/groups/{id}/members/{user}", tag = "groups", operation_id = "edit_member",
    request_body = MemberFlags, responses((status = 200, description = "The member", body = MemberView)))]
pub async fn edit(Ids([group, user]): Ids<2>, write: Write<MemberFlags>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let wanted = MemberWanted { user, group_admin: body.group_admin, can_send: body.can_send };
        Ok(Done::ok(&admin::change_member(tx, request, group, &wanted).await?))
    });
    work.await
}

/// List the users who can be added to a group
///
/// Everybody who is no member. Where users have one group each and nobody is moved, only those in Default. Nobody when the
/// group is archived.
#[utoipa::path(get, path = "/groups/{id}/candidates", tag = "groups", params(Paging, Keyword),
    responses((status = 200, description = "A page", body = Items<CandidateView>)))]
pub async fn candidates(Ids([group]): Ids<1>, list: List<Keyword>) -> Result<Response, Problem> {
    let work = list.run(async move |tx, wanted| {
        let keyword = wanted.filters.q.as_deref().filter(|text| !text.trim().is_empty());
        admin::candidates_page(tx, &wanted.request, group, keyword, &wanted.window).await
    });
    work.await
}
