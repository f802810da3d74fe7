//! `groups` written on a user. RFC 7643 §4.1.2 makes them read-only, so they are ignored; a connection may be told to take
//! them as the user's memberships, because SailPoint can push them no other way.

use crate::provisioning::Request;
use crate::scim::patch::PatchRequest;
use crate::scim::quirk::Repair;
use crate::scim::schema::CONNECTOR_USER;
use crate::scim::{Object, Reading};
use serde_json::Value;

/// The attribute that they are taken as.
const MEMBERSHIPS: &str = "memberships";

pub fn are_taken(request: &Request) -> bool {
    request.caller.source.connection.settings.groups_on_users
}

/// Takes the groups of a body as memberships; true when there was a list, also an empty one. Memberships that the body
/// names itself count instead.
pub fn in_resource(body: &mut Value, reading: &mut Reading) -> bool {
    let Value::Object(body) = body else { return false };
    let Some(groups) = take(body, "groups").filter(|groups| !groups.is_null()) else { return false };
    reading.note(Repair::GroupsOnUser, "groups");
    let urn = body.keys().find(|key| key.eq_ignore_ascii_case(CONNECTOR_USER.id)).cloned();
    let home = body.entry(urn.unwrap_or_else(|| CONNECTOR_USER.id.to_owned())).or_insert(Value::Null);
    if home.is_null() {
        *home = Object::new().into();
    }
    if let Value::Object(extension) = home
        && !extension.keys().any(|key| key.eq_ignore_ascii_case(MEMBERSHIPS))
    {
        extension.insert(MEMBERSHIPS.to_owned(), groups);
    }
    true
}

/// The same for the operations of a PATCH.
pub fn in_patch(message: &mut PatchRequest, reading: &mut Reading) {
    let named = |rest: &str| format!("{}:{MEMBERSHIPS}{rest}", CONNECTOR_USER.id);
    for operation in &mut message.operations {
        if let Some(path) = &mut operation.path {
            let (head, rest) = path.split_at(path.find(['[', '.']).unwrap_or(path.len()));
            if head.trim().eq_ignore_ascii_case("groups") {
                *path = named(rest);
                reading.note(Repair::GroupsOnUser, "groups");
            }
        } else if let Some(Value::Object(attributes)) = &mut operation.value
            && let Some(groups) = take(attributes, "groups")
        {
            attributes.insert(named(""), groups);
            reading.note(Repair::GroupsOnUser, "groups");
        }
    }
}

fn take(object: &mut Object, name: &str) -> Option<Value> {
    let key = object.keys().find(|key| key.eq_ignore_ascii_case(name))?.clone();
    object.remove(&key)
}
