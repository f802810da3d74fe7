//! A user as an administrator sees him.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Something by its id and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Named)]
pub struct Named {
    #[schema(format = "uuid")]
    pub id: String,
    pub name: String,
}

/// A user by what a person knows him by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = UserReference)]
#[serde(rename_all = "camelCase")]
pub struct UserReference {
    #[schema(format = "uuid")]
    pub id: String,
    pub user_name: String,
    pub display_name: Option<String>,
}

/// A user of the account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = User)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    #[schema(format = "uuid")]
    pub id: String,
    pub user_name: String,
    pub external_id: Option<String>,
    pub display_name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    /// The main address.
    pub email: Option<String>,
    pub emails: Vec<Address>,
    pub username: Option<String>,
    pub user_type: Option<String>,
    pub title: Option<String>,
    pub phone: Option<String>,
    pub language: Option<String>,
    pub country: Option<String>,
    pub time_zone: Option<String>,
    pub access_level: Option<String>,
    pub entitlements: Vec<String>,
    pub website_access: Vec<String>,
    pub folders: Vec<String>,
    pub metadata: BTreeMap<String, String>,
    /// invited, active or inactive; a removed user is shown by `RemovedUser`.
    pub status: String,
    /// Whether SCIM shows him as active: he is invited or active.
    pub active: bool,
    pub organization: Option<OrganizationOfUser>,
    /// Direct roles.
    pub roles: Vec<RoleOfUser>,
    /// Direct roles that count, and those inherited from groups where groups grant roles.
    #[schema(value_type = Vec<EffectiveRole>)]
    pub effective_roles: Vec<Value>,
    pub memberships: Vec<MembershipOfUser>,
    /// Why he cannot start sessions: user_inactive, no_organization, no_send_group.
    pub blocked_reasons: Vec<&'static str>,
    #[schema(value_type = Option<Object>)]
    pub sender: Value,
    #[schema(value_type = Option<Object>)]
    pub expiration: Value,
    /// The connection that made him.
    pub connection: Option<Named>,
    /// The removed record of the same person.
    #[schema(format = "uuid")]
    pub previous_user_id: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub updated_at: String,
    pub version: i64,
    pub actions: Vec<Action>,
}

/// The tombstone of a user: kept for ownership and audit, changed by nobody.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RemovedUser)]
#[serde(rename_all = "camelCase")]
pub struct RemovedView {
    #[schema(format = "uuid")]
    pub id: String,
    pub user_name: String,
    pub external_id: Option<String>,
    pub display_name: Option<String>,
    /// Always removed.
    pub status: &'static str,
    pub active: bool,
    pub connection: Option<Named>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub removed_at: String,
    pub version: i64,
    pub actions: Vec<Action>,
}

/// A user, live or removed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = AnyUser)]
#[serde(untagged)]
pub enum AnyUser {
    Live(Box<UserView>),
    Removed(Box<RemovedView>),
}

/// An e-mail address.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Address {
    pub value: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub primary: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrganizationOfUser {
    #[schema(format = "uuid")]
    pub id: String,
    pub name: String,
    /// Who placed him there, such as `rule:<id>`.
    pub origin: String,
}

/// A direct role.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RoleOfUser {
    /// As it was sent.
    pub value: String,
    /// Of the account's catalogue; null for a role that the catalogue does not have, which grants nothing.
    pub key: Option<String>,
    pub name: Option<String>,
    pub origins: Vec<String>,
    /// It is above what the connection may grant and waits for an administrator.
    pub held: bool,
}

/// A role that counts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EffectiveRole {
    pub value: String,
    pub display: String,
    pub origin: String,
    /// The group it is inherited from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembershipOfUser {
    pub group: Named,
    pub primary: bool,
    pub group_admin: bool,
    pub can_send: bool,
    pub origins: Vec<String>,
}

/// What can be done, and why it cannot be done now.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// edit, deactivate, reactivate or remove of a user; edit, archive, unarchive or delete of a group.
    pub action: &'static str,
    pub allowed: bool,
    pub disabled_reason: Option<Reason>,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    pub code: &'static str,
    pub detail: String,
}

impl Action {
    pub fn new(action: &'static str, disabled: Option<&crate::domain::Guard>) -> Self {
        let reason = disabled.map(|guard| Reason { code: guard.code(), detail: guard.to_string() });
        Self { action, allowed: reason.is_none(), disabled_reason: reason }
    }
}
