//! From a group in canonical form to the group of the model.

use crate::domain::{GroupDraft, Name, check_indexed};
use crate::provisioning::{Error, profile};
use crate::scim::Object;
use crate::scim::schema::GROUP;
use crate::storage::{Constraint, Error as StorageError};

/// The draft that a finished resource without members stands for.
pub fn draft(resource: &Object) -> Result<GroupDraft, Error> {
    let external_id = profile::text(resource, "externalId");
    if let Some(external_id) = external_id {
        check_indexed("externalId", external_id)?;
    }
    Ok(GroupDraft {
        display_name: Name::new("displayName", profile::text(resource, "displayName").unwrap_or_default())?,
        external_id: external_id.map(str::to_owned),
        profile: profile::of(resource, &GROUP),
    })
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
