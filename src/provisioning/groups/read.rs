//! GET /Groups/{id} (RFC 7644 §3.4.1).

use super::{not_found, parse_id, show};
use crate::provisioning::render::Answer;
use crate::provisioning::{Error, Request, Service};
use crate::scim::project::Projection;
use crate::scim::schema::GROUP;
use crate::storage::Tx;

pub async fn read_group(
    service: &Service,
    request: Request,
    id: &str,
    projection: Projection,
) -> Result<Answer, Error> {
    let id = parse_id(id)?;
    let with_members = projection.wants("members", &GROUP);
    let work = async move |tx: &mut Tx<'_>| {
        let found = tx.group(request.caller.account, id).await?;
        let (stored, _) = found.ok_or_else(|| not_found(&id.to_string()))?;
        show(tx, &request, &stored, &projection).await
    };
    // The members of a big group must not hold up the point reads of others.
    if with_members { service.db.scan(work).await } else { service.db.read(work).await }
}
