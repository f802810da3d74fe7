//! What every account begins with: a settings set, an organization that applies it, and the Default group.

use super::users::attribute_changes;
use super::{Error, Request, profile};
use crate::domain::{Account, Group, GroupDraft, Id, Name, OrganizationDraft, SettingsSetDraft, Subject};
use crate::scim::Object;
use crate::scim::schema::{GROUP, ORGANIZATION, ResourceType, SETTINGS_SET};
use crate::storage::rows::{OrganizationRow, SettingsSetRow, from_json};
use crate::storage::{Constraint, Error as StorageError, Tx};
use serde_json::{Value, json};

/// The name of all three until an administrator renames them.
const DEFAULT: &str = "Default";

/// Makes them. The account's row and totals are there.
pub async fn lay_foundations(tx: &mut Tx<'_>, account: &Account) -> Result<(), Error> {
    let set = Id::new();
    let name = Name::new("The name", DEFAULT)?;
    let settings = named(set, json!({}), &SETTINGS_SET);
    tx.insert_settings_set(SettingsSetRow {
        account_id: account.id.into(),
        id: set.into(),
        draft: SettingsSetDraft {
            display_name: name.clone(),
            external_id: None,
            profile: profile::of(&settings, &SETTINGS_SET),
        }
        .into(),
        version: 1,
        last_modified: set.created(),
    })
    .await?;
    let id = account.default_organization;
    let organization = named(id, json!({ "settingsSet": { "value": set.to_string() } }), &ORGANIZATION);
    tx.insert_organization(OrganizationRow {
        account_id: account.id.into(),
        id: id.into(),
        draft: OrganizationDraft {
            display_name: name.clone(),
            external_id: None,
            settings_set: set,
            profile: profile::of(&organization, &ORGANIZATION),
        }
        .into(),
        version: 1,
        last_modified: id.created(),
    })
    .await?;
    let id = account.default_group;
    let draft = GroupDraft {
        display_name: name,
        external_id: None,
        archived: false,
        roles: Vec::new(),
        profile: profile::of(&named(id, json!({}), &GROUP), &GROUP),
    };
    let group = Group { is_default: true, ..Group::found(account.id, Id::NIL, id, draft) };
    Ok(tx.insert_group(group.into()).await?)
}

/// Gives the first organization another name.
pub async fn rename_first_organization(tx: &mut Tx<'_>, request: &Request, name: &str) -> Result<(), Error> {
    let (account, id) = (request.caller.account, request.caller.tenant.default_organization);
    let gone = || StorageError::Internal(format!("organization {id} is gone"));
    let (stored, set) = tx.organization_locked(account, id).await?.ok_or_else(gone)?;
    let before: Object = from_json(&stored.body)?;
    let display_name = Name::new("The name of an organization", name.trim())?;
    let mut after = before.clone();
    after.insert("displayName".to_owned(), display_name.text.as_str().into());
    if after == before {
        return Ok(());
    }
    let taken = || Error::Taken {
        code: "organization_name_taken",
        resource_type: ORGANIZATION.name,
        attribute: "displayName",
        value: display_name.text.clone(),
    };
    let draft = OrganizationDraft {
        display_name: display_name.clone(),
        external_id: profile::text(&before, "externalId").map(str::to_owned),
        settings_set: set.into(),
        profile: profile::of(&after, &ORGANIZATION),
    };
    let now = request.now.max(stored.last_modified);
    let written = tx.update_organization(account, id, stored.version, now, draft.into()).await;
    written.map_err(|error| match error {
        StorageError::Conflict(Constraint::OrganizationName) => taken(),
        other => other.into(),
    })?;
    let (kind, subject) = ("organization.updated", Subject::new("organization", id));
    tx.ledger.audit.push(request.entry(kind, subject.clone(), attribute_changes(&before, &after)));
    let data = json!({ "attributes": ["displayName"] });
    tx.ledger.events.push(request.event(kind, None, subject, stored.version + 1, data));
    Ok(())
}

fn named(id: Id, attributes: Value, resource_type: &'static ResourceType) -> Object {
    let mut resource = match attributes {
        Value::Object(attributes) => attributes,
        _ => Object::new(),
    };
    resource.insert("displayName".to_owned(), DEFAULT.into());
    profile::with_id(resource, id, resource_type)
}
