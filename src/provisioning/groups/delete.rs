//! DELETE /Groups/{id} (RFC 7644 §3.6).

use super::change::load;
use crate::domain::Id;
use crate::provisioning::{Error, Request};
use crate::scim::etag::Condition;
use crate::storage::Tx;

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
    load(tx, request, id, condition).await?;
    tx.delete_group(request.caller.account, id, request.now).await?;
    Ok(())
}
