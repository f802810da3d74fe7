//! The role catalogue of the account.

use super::Problem;
use super::caller::Key;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done, RoleChange, ShownRole};
use crate::domain::Role;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role that can be given to users and, where groups grant roles, to groups.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Never changes.
    key: String,
    name: String,
    /// What identity providers may call it, in any case.
    aliases: Vec<String>,
    /// What it allows: `*` is everything, `billing.*` everything about billing.
    capabilities: Vec<String>,
    is_admin: bool,
    /// It came with the account and cannot be changed.
    built_in: bool,
    /// Users who have it directly.
    user_count: i64,
    /// That of the account, whose part the catalogue is.
    version: i64,
}

impl From<ShownRole> for View {
    fn from(ShownRole { role, is_built_in, users, version }: ShownRole) -> Self {
        let Role { key, name, aliases, capabilities, is_admin } = role;
        Self { key, name, aliases, capabilities, is_admin, built_in: is_built_in, user_count: users, version }
    }
}

/// A role to make.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewRole)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// What programs call it.
    #[schema(pattern = "^[a-z0-9_.-]{1,64}$")]
    key: String,
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    is_admin: bool,
}

/// What is to be different; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ChangedRole)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Changed {
    name: Option<String>,
    aliases: Option<Vec<String>>,
    capabilities: Option<Vec<String>>,
    /// Not while users or groups have the role.
    is_admin: Option<bool>,
}

/// List the roles, the built-in ones first
#[utoipa::path(get, path = "/roles", tag = "roles", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(list: List) -> Result<Response, Problem> {
    let work =
        list.run(async |tx, wanted| Ok(admin::roles_page(tx, &wanted.request, &wanted.window).await?.map(View::from)));
    work.await
}

/// Make a role of the account's own
#[utoipa::path(post, path = "/roles", tag = "roles", request_body = New,
    responses((status = 201, description = "The role", body = View)))]
pub async fn create(write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async |tx, Asked { request, body: new }| {
        let role = Role {
            key: new.key.clone(),
            name: new.name.clone(),
            aliases: new.aliases.clone(),
            capabilities: new.capabilities.clone(),
            is_admin: new.is_admin,
        };
        Ok(Done::created(&View::from(admin::add_role(tx, request, role).await?)))
    });
    work.await
}

/// Read a role
#[utoipa::path(get, path = "/roles/{key}", tag = "roles",
    responses((status = 200, description = "The role", body = View)))]
pub async fn read(Key(key): Key, read: Read) -> Result<Response, Problem> {
    read.run(async move |tx, request| Ok(View::from(admin::role_of(tx, request, &key).await?))).await
}

/// Change a role of the account's own
#[utoipa::path(patch, path = "/roles/{key}", tag = "roles", request_body = Changed,
    responses((status = 200, description = "The role", body = View)))]
pub async fn change(Key(key): Key, write: Write<Changed>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let change = RoleChange {
            name: body.name.clone(),
            aliases: body.aliases.clone(),
            capabilities: body.capabilities.clone(),
            is_admin: body.is_admin,
        };
        Ok(Done::ok(&View::from(admin::change_role(tx, request, &key, &change).await?)))
    });
    work.await
}

/// Delete a role of the account's own that nobody has
///
/// Rules of connections that give it give it no longer.
#[utoipa::path(delete, path = "/roles/{key}", tag = "roles", responses((status = 204, description = "Deleted")))]
pub async fn delete(Key(key): Key, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, asked| {
        admin::delete_role(tx, &asked.request, &key).await?;
        Ok(Done::deleted())
    });
    work.await
}
