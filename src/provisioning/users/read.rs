//! GET /Users/{id} (RFC 7644 §3.4.1).

use super::Users;
use super::change::show;
use crate::domain::Id;
use crate::provisioning::render::Answer;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request};
use crate::scim::project::Projection;
use crate::storage::Tx;

pub async fn read(tx: &mut Tx<'_>, request: &Request, id: Id, projection: &Projection) -> Result<Answer, Error> {
    let found = tx.user(request.caller.account, id).await?;
    let user = found.ok_or_else(|| Users::not_found(&id.to_string()))?;
    show(tx, request, &user.stored, &user.placement.placement()?, projection).await
}
