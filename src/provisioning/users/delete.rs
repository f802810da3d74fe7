//! DELETE /Users/{id} (RFC 7644 §3.6).

use super::change::load;
use crate::domain::Id;
use crate::provisioning::{Error, Request};
use crate::scim::etag::Condition;
use crate::storage::Tx;

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
    let account = request.caller.account;
    // Groups before users, as in a change of a group, so that neither waits for the other in a circle.
    tx.lock_groups_of(account, id).await?;
    load(tx, request, id, condition).await?;
    tx.delete_user(account, id, request.now).await?;
    Ok(())
}
