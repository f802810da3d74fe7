//! PUT and PATCH of a settings set (RFC 7644 §3.5): load, change, save.

use super::SettingsSets;
use super::draft::{draft, taken};
use crate::domain::{Id, Subject};
use crate::provisioning::plain::tell;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::schema::SETTINGS_SET;
use crate::storage::rows::Stored;
use crate::storage::{Error as StorageError, Tx};

/// A settings set that is being changed: locked, so that two requests for one follow each other.
pub async fn load(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<Stored, Error> {
    let found = tx.settings_set_locked(request.caller.account, id).await?;
    found.ok_or_else(|| SettingsSets::not_found(&id.to_string()))
}

/// Writes what is different. What changes nothing moves neither version nor time.
pub async fn change(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    condition: Option<&Condition>,
    to: impl FnOnce(&Object) -> Result<Object, Error> + Send,
) -> Result<Stored, Error> {
    let mut stored = load(tx, request, id).await?;
    let old = SettingsSets::open(&stored, condition)?;
    let new = profile::with_id(to(&old)?, id, &SETTINGS_SET);
    if new == old {
        return Ok(stored);
    }
    let draft = draft(&new)?;
    let now = request.now.max(stored.last_modified);
    let written = tx.update_settings_set(request.caller.account, id, stored.version, now, draft.clone().into()).await;
    if !written.map_err(|error| taken(error, &draft))? {
        return Err(StorageError::Contention("the settings set was changed meanwhile".to_owned()).into());
    }
    stored = Stored { version: stored.version + 1, last_modified: now, body: draft.profile.body, ..stored };
    tell(tx, request, "settings_set.updated", Subject::new("settings_set", id), stored.version, &old, &new);
    Ok(stored)
}
