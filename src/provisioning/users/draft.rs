//! From a user in canonical form to the user of the model.

use crate::domain::{Id, Name, UserDraft, check_indexed};
use crate::provisioning::{Error, profile};
use crate::scim::Object;
use crate::scim::schema::USER;
use crate::storage::{Constraint, Error as StorageError};
use serde_json::Value;

/// The draft that a finished resource stands for. `active` is there.
pub fn draft(resource: &Object) -> Result<UserDraft, Error> {
    let external_id = profile::text(resource, "externalId");
    if let Some(external_id) = external_id {
        check_indexed("externalId", external_id)?;
    }
    let emails = profile::emails(resource);
    for email in emails.iter().filter_map(|email| email.value_key.as_deref()) {
        check_indexed("emails.value", email)?;
    }
    Ok(UserDraft {
        user_name: Name::new("userName", profile::text(resource, "userName").unwrap_or_default())?,
        external_id: external_id.map(str::to_owned),
        display_name: match profile::text(resource, "displayName") {
            Some(name) => Some(Name::or_blank("displayName", name)?),
            None => None,
        },
        active: resource.get("active").and_then(Value::as_bool).unwrap_or(true),
        emails,
        profile: profile::of(resource, &USER),
    })
}

/// A resource as it is kept: with its id, and active unless it says otherwise.
pub fn complete(mut resource: Object, id: Id) -> Object {
    resource.entry("active").or_insert(Value::Bool(true));
    profile::with_id(resource, id, &USER)
}

/// A broken uniqueness in the words of the protocol.
pub fn taken(error: StorageError, draft: &UserDraft) -> Error {
    let (code, attribute, value) = match error {
        StorageError::Conflict(Constraint::UserName) => ("username_taken", "userName", draft.user_name.text.clone()),
        StorageError::Conflict(Constraint::UserExternalId) => {
            ("external_id_taken", "externalId", draft.external_id.clone().unwrap_or_default())
        }
        other => return other.into(),
    };
    Error::Taken { code, resource_type: USER.name, attribute, value }
}
