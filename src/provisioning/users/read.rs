//! GET /Users/{id} (RFC 7644 §3.4.1).

use super::{not_found, parse_id, show};
use crate::provisioning::render::Answer;
use crate::provisioning::{Error, Request, Service};
use crate::scim::project::Projection;

pub async fn read_user(service: &Service, request: Request, id: &str, projection: Projection) -> Result<Answer, Error> {
    let id = parse_id(id)?;
    let work = async move |tx: &mut crate::storage::Tx<'_>| {
        let stored = tx.user(request.caller.account, id).await?.ok_or_else(|| not_found(&id.to_string()))?;
        show(tx, &request, &stored, &projection).await
    };
    service.db.read(work).await
}
