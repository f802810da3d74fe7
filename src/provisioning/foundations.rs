//! What every account begins with: a settings set, an organization that applies it, and the Default group.

use super::{Error, profile};
use crate::domain::{Account, Group, GroupDraft, Id, Name, OrganizationDraft, SettingsSetDraft};
use crate::scim::Object;
use crate::scim::schema::{GROUP, ORGANIZATION, ResourceType, SETTINGS_SET};
use crate::storage::Tx;
use crate::storage::rows::{OrganizationRow, SettingsSetRow};
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

fn named(id: Id, attributes: Value, resource_type: &'static ResourceType) -> Object {
    let mut resource = match attributes {
        Value::Object(attributes) => attributes,
        _ => Object::new(),
    };
    resource.insert("displayName".to_owned(), DEFAULT.into());
    profile::with_id(resource, id, resource_type)
}
