//! DELETE /SettingsSets/{id} (RFC 7644 §3.6): only when no organization applies it.

use super::SettingsSets;
use super::change::load;
use crate::domain::{Guard, Id, Subject};
use crate::provisioning::plain::tell;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::storage::Tx;

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
    let account = request.caller.account;
    // Whoever gives it to an organization holds it, so after this lock no organization takes it any more.
    let stored = load(tx, request, id).await?;
    let old = SettingsSets::open(&stored, condition)?;
    let using = tx.organizations_using(account, &[id]).await?;
    if !using.is_empty() {
        return Err(Guard::SettingsSetInUse { count: i64::try_from(using.len()).unwrap_or(i64::MAX) }.into());
    }
    tx.delete_settings_set(account, id).await?;
    let subject = Subject::new("settings_set", id);
    tell(tx, request, "settings_set.deleted", subject, stored.version + 1, &old, &Object::new());
    Ok(())
}
