//! The place of a user: organization, memberships, roles, each set as a whole.

use super::changed;
use crate::admin::{self, Asked, Later, MembershipWanted, Said, UserFields, UserView};
use crate::http::api::Problem;
use crate::http::api::caller::Ids;
use crate::http::api::scheduled_changes::{View as ScheduledView, put_off};
use crate::http::api::write::Write;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

/// Where to move a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Move {
    /// By name or id.
    organization: String,
    /// When it shall happen; at once when it is left out.
    #[schema(format = DateTime)]
    effective_at: Option<String>,
}

/// All memberships of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MembershipList {
    memberships: Vec<MembershipInput>,
}

/// A membership. Flags that are left out stay; a new membership begins without group admin and with can send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MembershipInput {
    /// By name or id.
    group: String,
    primary: Option<bool>,
    group_admin: Option<bool>,
    can_send: Option<bool>,
}

/// All direct roles of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleList {
    /// By key, name or alias.
    roles: Vec<String>,
    /// When it shall happen; at once when it is left out.
    #[schema(format = DateTime)]
    effective_at: Option<String>,
}

/// Move a user to another organization
///
/// Sender and expirations of future sessions change; those that have started do not. A dry run shows both before and after
/// in the warning `org_change_effect`. With `effectiveAt` it is put off: see `/scheduled-changes`.
#[utoipa::path(put, path = "/users/{id}/organization", tag = "users", request_body = Move,
    responses((status = 200, description = "The user", body = UserView),
        (status = 202, description = "Put off", body = ScheduledView)))]
pub async fn organization(Ids([id]): Ids<1>, write: Write<Move>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        if let Some(at) = &body.effective_at {
            return put_off(tx, request, id, &Later::Organization(body.organization.clone()), at).await;
        }
        let fields = UserFields { organization: Said::Is(body.organization.clone()), ..UserFields::default() };
        admin::edit_user(tx, request, id, &fields).await.map(changed)
    });
    work.await
}

/// Set all memberships of a user
///
/// This is the door of the user's profile: automatic reassignment out of Default never happens here. Whoever is left
/// without a group is in Default.
#[utoipa::path(put, path = "/users/{id}/memberships", tag = "users", request_body = MembershipList,
    responses((status = 200, description = "The user", body = UserView)))]
pub async fn memberships(Ids([id]): Ids<1>, write: Write<MembershipList>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let wanted = |input: &MembershipInput| MembershipWanted {
            group: input.group.clone(),
            primary: input.primary,
            group_admin: input.group_admin,
            can_send: input.can_send,
        };
        let wanted: Vec<MembershipWanted> = body.memberships.iter().map(wanted).collect();
        admin::set_memberships(tx, request, id, &wanted).await.map(changed)
    });
    work.await
}

/// Set all direct roles of a user
///
/// Naming a role that is held, because it is above what the connection may grant, approves it. With `effectiveAt` it is
/// put off: see `/scheduled-changes`.
#[utoipa::path(put, path = "/users/{id}/roles", tag = "users", request_body = RoleList,
    responses((status = 200, description = "The user", body = UserView),
        (status = 202, description = "Put off", body = ScheduledView)))]
pub async fn roles(Ids([id]): Ids<1>, write: Write<RoleList>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        if let Some(at) = &body.effective_at {
            return put_off(tx, request, id, &Later::Roles(body.roles.clone()), at).await;
        }
        let fields = UserFields { roles: Said::Is(body.roles.clone()), ..UserFields::default() };
        admin::edit_user(tx, request, id, &fields).await.map(changed)
    });
    work.await
}
