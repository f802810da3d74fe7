//! DELETE /Users/{id} (RFC 7644 §3.6).

use super::{not_found, parse_id};
use crate::provisioning::{Error, Request, Service};
use crate::scim::etag::Condition;
use crate::storage::Tx;

pub async fn delete_user(
    service: &Service,
    request: Request,
    id: &str,
    condition: Option<Condition>,
) -> Result<(), Error> {
    let id = id.to_owned();
    service.db.write(async move |tx| delete(tx, &request, &id, condition.as_ref()).await).await
}

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: &str, condition: Option<&Condition>) -> Result<(), Error> {
    let account = request.caller.account;
    let id = parse_id(id)?;
    // Groups before users, as in a change of a group, so that neither waits for the other in a circle.
    tx.lock_groups_of(account, id).await?;
    let stored = tx.user_locked(account, id).await?.ok_or_else(|| not_found(&id.to_string()))?;
    if condition.is_some_and(|condition| !condition.matches(stored.version)) {
        return Err(Error::VersionConflict);
    }
    tx.delete_user(account, id, request.now).await?;
    Ok(())
}
