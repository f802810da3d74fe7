//! DELETE /Users/{id} (RFC 7644 §3.6).

use super::Users;
use crate::domain::Id;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request};
use crate::scim::etag::Condition;
use crate::storage::Tx;

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
    let account = request.caller.account;
    // Groups before users, as in a change of a group, so that neither waits for the other in a circle.
    tx.lock_groups_of(account, id).await?;
    let stored = tx.user_locked(account, id).await?.ok_or_else(|| Users::not_found(&id.to_string()))?;
    if condition.is_some_and(|condition| !condition.matches(stored.version)) {
        return Err(Error::VersionConflict);
    }
    tx.delete_user(account, id, request.now).await?;
    Ok(())
}
