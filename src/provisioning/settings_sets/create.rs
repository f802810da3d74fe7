//! POST /SettingsSets (RFC 7644 §3.3).

use super::draft::{draft, taken};
use crate::domain::Subject;
use crate::provisioning::plain::{New, tell};
use crate::provisioning::{Error, Request};
use crate::scim::Object;
use crate::storage::Tx;
use crate::storage::rows::{SettingsSetRow, Stored};

pub async fn create(tx: &mut Tx<'_>, request: &Request, new: &New) -> Result<Stored, Error> {
    let id = new.id;
    let draft = draft(&new.resource)?;
    let stored = Stored { id: id.into(), version: 1, last_modified: id.created(), body: draft.profile.body.clone() };
    let row = SettingsSetRow {
        account_id: request.caller.account.into(),
        id: stored.id,
        draft: draft.clone().into(),
        version: stored.version,
        last_modified: stored.last_modified,
    };
    tx.insert_settings_set(row).await.map_err(|error| taken(error, &draft))?;
    let subject = Subject::new("settings_set", id);
    tell(tx, request, "settings_set.created", subject, stored.version, &Object::new(), &new.resource);
    Ok(stored)
}
