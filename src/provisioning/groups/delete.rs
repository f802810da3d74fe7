//! DELETE /Groups/{id} (RFC 7644 §3.6).

use super::{load, parse_id};
use crate::provisioning::{Error, Request, Service};
use crate::scim::etag::Condition;
use crate::storage::Tx;

pub async fn delete_group(
    service: &Service,
    request: Request,
    id: &str,
    condition: Option<Condition>,
) -> Result<(), Error> {
    let id = id.to_owned();
    service.db.write(async move |tx| delete(tx, &request, &id, condition.as_ref()).await).await
}

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: &str, condition: Option<&Condition>) -> Result<(), Error> {
    let id = parse_id(id)?;
    load(tx, request, id, condition).await?;
    tx.delete_group(request.caller.account, id, request.now).await?;
    Ok(())
}
