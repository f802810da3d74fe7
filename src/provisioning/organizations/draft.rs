//! From an organization in canonical form to the organization of the model.

use crate::domain::{Guard, Id, OrganizationDraft};
use crate::expr::fold;
use crate::provisioning::users::{FEW, known};
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::schema::ORGANIZATION;
use crate::storage::{Constraint, Error as StorageError, Tx};
use serde_json::{Value, json};

/// The draft that a finished resource stands for.
pub fn draft(resource: &Object, settings_set: Id) -> Result<OrganizationDraft, Error> {
    let external_id = profile::external_id(resource)?;
    Ok(OrganizationDraft {
        display_name: profile::display_name(resource)?,
        external_id,
        settings_set,
        profile: profile::of(resource, &ORGANIZATION),
    })
}

/// Finds the settings set that a resource names by id or name, keeps it from being deleted meanwhile, and writes its id
/// into the resource. Its name is looked up whenever it is shown, so it is never stale.
pub async fn settle_settings_set(tx: &mut Tx<'_>, request: &Request, resource: &mut Object) -> Result<Id, Error> {
    let account = request.caller.account;
    let named = resource.get("settingsSet").and_then(|set| set.get("value")).and_then(Value::as_str);
    let found = match named {
        Some(name) => find(tx, account, name).await?,
        None => None,
    };
    if let Some(id) = found
        && tx.hold_settings_set(account, id).await?
    {
        resource.insert("settingsSet".to_owned(), json!({ "value": id.to_string() }));
        return Ok(id);
    }
    let known = known(&tx.some_settings_set_names(account, FEW + 1).await?, "settings sets");
    Err(Guard::SettingsSetRequired { known }.into())
}

async fn find(tx: &mut Tx<'_>, account: Id, name: &str) -> Result<Option<Id>, Error> {
    if let Ok(id) = name.parse::<Id>()
        && tx.settings_set(account, id).await?.is_some()
    {
        return Ok(Some(id));
    }
    Ok(tx.settings_set_by_name(account, &fold(name.trim())).await?.map(Id::from))
}

/// A broken uniqueness in the words of the protocol.
pub fn taken(error: StorageError, draft: &OrganizationDraft) -> Error {
    match error {
        StorageError::Conflict(Constraint::OrganizationName) => Error::Taken {
            code: "organization_name_taken",
            resource_type: ORGANIZATION.name,
            attribute: "displayName",
            value: draft.display_name.text.clone(),
        },
        other => other.into(),
    }
}
