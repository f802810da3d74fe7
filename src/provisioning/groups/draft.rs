//! From a group in canonical form to the group of the model.

use crate::domain::{GroupDraft, Guard, UnknownRoles};
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::schema::{CONNECTOR_GROUP, GROUP};
use crate::storage::rows::{StoredGroup, from_json};
use crate::storage::{Constraint, Error as StorageError};
use serde_json::Value;

/// The draft that a finished resource without members stands for.
pub fn draft(request: &Request, resource: &Object, before: Option<&StoredGroup>) -> Result<GroupDraft, Error> {
    let is_default = before.is_some_and(|group| group.is_default);
    let external_id = profile::external_id(resource)?;
    let extension = resource.get(CONNECTOR_GROUP.id);
    let part = |name: &str| extension.and_then(|extension| extension.get(name));
    let archived = part("archived").and_then(Value::as_bool).unwrap_or(false);
    let held: Vec<String> = before.map(|group| from_json(&group.roles)).transpose()?.unwrap_or_default();
    let roles = roles(request, part("roles"), &held)?;
    if is_default && archived {
        return Err(Guard::DefaultGroupProtected("archived").into());
    }
    if is_default && !roles.is_empty() {
        return Err(Guard::DefaultGroupProtected("given roles").into());
    }
    Ok(GroupDraft {
        display_name: profile::display_name(resource)?,
        external_id,
        archived,
        roles,
        profile: profile::of(resource, &GROUP),
    })
}

/// The keys of the roles that members inherit. Those that the group has already were given by somebody who might.
fn roles(request: &Request, listed: Option<&Value>, held: &[String]) -> Result<Vec<String>, Error> {
    let account = &request.caller.tenant;
    let mut keys = Vec::new();
    for element in listed.and_then(Value::as_array).into_iter().flatten() {
        let name = element.get("value").or(element.get("display")).and_then(Value::as_str).unwrap_or_default();
        match account.catalogue.find(name) {
            Some(role) if role.level() > request.caller.source.connection.role_ceiling && !held.contains(&role.key) => {
                let ceiling = request.caller.source.connection.role_ceiling;
                return Err(Guard::RoleCeiling { name: name.to_owned(), ceiling }.into());
            }
            Some(role) if !keys.contains(&role.key) => keys.push(role.key.clone()),
            Some(_) => {}
            None if account.policies.unknown_roles == UnknownRoles::Keep => {
                tracing::info!("a role of a group that the catalogue does not have is kept and grants nothing");
            }
            None => {
                return Err(Guard::RoleUnknown { name: name.to_owned(), known: account.catalogue.names() }.into());
            }
        }
    }
    Ok(keys)
}

/// A broken uniqueness in the words of the protocol.
pub fn taken(error: StorageError, draft: &GroupDraft) -> Error {
    let (code, attribute, value) = match error {
        StorageError::Conflict(Constraint::GroupDisplayName) => {
            ("group_name_taken", "displayName", draft.display_name.text.clone())
        }
        StorageError::Conflict(Constraint::GroupExternalId) => {
            ("external_id_taken", "externalId", draft.external_id.clone().unwrap_or_default())
        }
        other => return other.into(),
    };
    Error::Taken { code, resource_type: GROUP.name, attribute, value }
}
