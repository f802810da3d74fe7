//! PATCH /Users/{id} (RFC 7644 §3.5.2).

use super::Users;
use super::change::{load, save};
use crate::domain::Id;
use crate::provisioning::render::Answer;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request, log_ignored};
use crate::scim::etag::Condition;
use crate::scim::patch::{Change, PatchRequest, apply, bind};
use crate::scim::project::Projection;
use crate::scim::schema::USER;
use crate::storage::Tx;
use serde_json::Value;

/// Changes that are bound to the schema and not yet applied.
#[derive(Debug, Clone)]
pub struct UserPatch {
    id: Id,
    changes: Vec<Change>,
    condition: Option<Condition>,
}

impl UserPatch {
    pub fn decode(request: &Request, id: &str, body: Value, condition: Option<Condition>) -> Result<Self, Error> {
        let bound = bind(PatchRequest::decode(body)?, &USER, id, request.caller.strictness())?;
        log_ignored(&bound.ignored);
        Ok(Self { id: Users::parse_id(id)?, changes: bound.changes, condition })
    }
}

pub async fn patch(
    tx: &mut Tx<'_>,
    request: &Request,
    user: &UserPatch,
    projection: &Projection,
) -> Result<Answer, Error> {
    let (stored, old) = load(tx, request, user.id, user.condition.as_ref()).await?;
    let new = apply(user.changes.clone(), &old, &USER)?;
    save(tx, request, stored, &old, new, projection).await
}
