//! Organizations and settings sets.

use super::resources::{Shown, change, create, delete, page, read};
use super::{Error, Page, Request, Window};
use crate::domain::Id;
use crate::expr::fold;
use crate::provisioning::{Organizations, SettingsSets};
use crate::scim::Object;
use crate::storage::Tx;
use serde_json::Value;

/// What is shown of an organization.
const ORGANIZATION: &[&str] = &["displayName", "externalId", "settingsSet", "userCount", "default", "meta"];

/// What is shown of a settings set.
const SETTINGS_SET: &[&str] = &["displayName", "externalId", "sender", "expiration", "usedBy", "default", "meta"];

/// In order of creation.
pub async fn organizations_page(tx: &mut Tx<'_>, request: &Request, window: &Window) -> Result<Page<Shown>, Error> {
    page::<Organizations>(tx, request, window, ORGANIZATION).await
}

pub async fn organization_of(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<Shown, Error> {
    read::<Organizations>(tx, request, id, ORGANIZATION).await
}

/// Makes an organization from attributes of the SCIM resource.
pub async fn create_organization(tx: &mut Tx<'_>, request: &Request, attributes: Object) -> Result<Shown, Error> {
    check_organization_name(tx, request, &attributes, None).await?;
    let id = create::<Organizations>(tx, request, attributes).await?;
    organization_of(tx, request, id).await
}

/// Puts attributes over those that are there.
pub async fn change_organization(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    attributes: Object,
) -> Result<Shown, Error> {
    check_organization_name(tx, request, &attributes, Some(id)).await?;
    change::<Organizations>(tx, request, id, attributes).await?;
    organization_of(tx, request, id).await
}

pub async fn delete_organization(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    delete::<Organizations>(tx, request, id).await
}

/// In order of creation.
pub async fn settings_sets_page(tx: &mut Tx<'_>, request: &Request, window: &Window) -> Result<Page<Shown>, Error> {
    page::<SettingsSets>(tx, request, window, SETTINGS_SET).await
}

pub async fn settings_set_of(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<Shown, Error> {
    read::<SettingsSets>(tx, request, id, SETTINGS_SET).await
}

/// Makes a settings set from attributes of the SCIM resource.
pub async fn create_settings_set(tx: &mut Tx<'_>, request: &Request, attributes: Object) -> Result<Shown, Error> {
    check_settings_set_name(tx, request, &attributes, None).await?;
    let id = create::<SettingsSets>(tx, request, attributes).await?;
    settings_set_of(tx, request, id).await
}

/// Puts attributes over those that are there.
pub async fn change_settings_set(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    attributes: Object,
) -> Result<Shown, Error> {
    check_settings_set_name(tx, request, &attributes, Some(id)).await?;
    change::<SettingsSets>(tx, request, id, attributes).await?;
    settings_set_of(tx, request, id).await
}

pub async fn delete_settings_set(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    delete::<SettingsSets>(tx, request, id).await
}

/// Tells who has the name. Two who take it at the same instant are still kept apart by the database.
async fn check_organization_name(
    tx: &mut Tx<'_>,
    request: &Request,
    attributes: &Object,
    own: Option<Id>,
) -> Result<(), Error> {
    let Some(name) = name(attributes) else { return Ok(()) };
    let holder = tx.organization_by_name(request.caller.account, &fold(name)).await?.map(Id::from);
    taken("organization", name, holder.filter(|holder| Some(*holder) != own))
}

/// The same for settings sets.
async fn check_settings_set_name(
    tx: &mut Tx<'_>,
    request: &Request,
    attributes: &Object,
    own: Option<Id>,
) -> Result<(), Error> {
    let Some(name) = name(attributes) else { return Ok(()) };
    let holder = tx.settings_set_by_name(request.caller.account, &fold(name)).await?.map(Id::from);
    taken("settings set", name, holder.filter(|holder| Some(*holder) != own))
}

fn name(attributes: &Object) -> Option<&str> {
    attributes.get("displayName").and_then(Value::as_str)
}

fn taken(what: &'static str, name: &str, holder: Option<Id>) -> Result<(), Error> {
    match holder {
        Some(holder) => Err(Error::Exists { what, name: name.to_owned(), holder: Some(holder) }),
        None => Ok(()),
    }
}
