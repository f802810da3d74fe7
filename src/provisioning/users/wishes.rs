//! What a push says about the place of a user in the product: taken out of the resource, because the product decides it.

use crate::domain::{Flags, RoleWish};
use crate::scim::schema::CONNECTOR_USER;
use crate::scim::{Error as ScimError, Object};
use serde_json::Value;

/// A flat attribute that names something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Wish {
    #[default]
    Unsaid,
    /// Named before, and not any more.
    Withdrawn,
    /// By name or id.
    Named(String),
}

/// A membership as the user's profile says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipWish {
    /// The id of the group.
    pub group: String,
    pub primary: bool,
    pub flags: Flags,
}

#[derive(Debug, Clone, Default)]
pub struct Wishes {
    pub organization: Wish,
    pub primary_group: Wish,
    pub memberships: Option<Vec<MembershipWish>>,
    pub invite: bool,
    /// The request names the roles: an administrator who does approves what was held.
    pub says_roles: bool,
}

/// The attributes that are not kept in the resource.
pub const DECIDED: &[&str] = &["organization", "primaryGroup", "memberships", "sendInvite"];

impl Wishes {
    /// Takes them out of a resource in canonical form.
    pub fn take(resource: &mut Object) -> Result<Self, ScimError> {
        let Some(Value::Object(extension)) = resource.get_mut(CONNECTOR_USER.id) else { return Ok(Self::default()) };
        let [organization, primary_group, memberships, invite] =
            ["organization", "primaryGroup", "memberships", "sendInvite"].map(|name| extension.shift_remove(name));
        if extension.is_empty() {
            resource.shift_remove(CONNECTOR_USER.id);
        }
        let memberships = match memberships {
            Some(Value::Array(elements)) => Some(elements.iter().map(membership).collect::<Result<_, _>>()?),
            _ => None,
        };
        Ok(Self {
            organization: named(organization),
            primary_group: named(primary_group),
            memberships,
            invite: invite == Some(Value::Bool(true)),
            says_roles: false,
        })
    }
}

fn named(value: Option<Value>) -> Wish {
    match value {
        Some(Value::String(name)) => Wish::Named(name),
        _ => Wish::Unsaid,
    }
}

fn membership(element: &Value) -> Result<MembershipWish, ScimError> {
    let flag = |name: &str| element.get(name).and_then(Value::as_bool);
    let Some(group) = element.get("value").and_then(Value::as_str) else {
        return Err(ScimError::value("Each of memberships must have a value: the id of a group."));
    };
    Ok(MembershipWish {
        group: group.to_owned(),
        primary: flag("primary") == Some(true),
        flags: Flags { group_admin: flag("groupAdmin"), can_send: flag("canSend") },
    })
}

/// The elements of `roles`.
pub fn roles(resource: &Object) -> Vec<RoleWish> {
    let text = |element: &Value, name: &str| element.get(name).and_then(Value::as_str).map(str::to_owned);
    let elements = resource.get("roles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let wish = |element: &Value| RoleWish {
        value: text(element, "value").unwrap_or_default(),
        display: text(element, "display"),
        kind: text(element, "type"),
        primary: element.get("primary").and_then(Value::as_bool),
    };
    elements.iter().map(wish).collect()
}
