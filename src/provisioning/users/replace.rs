//! PUT /Users/{id} (RFC 7644 §3.5.1).

use super::{load, parse_id, save};
use crate::domain::Id;
use crate::provisioning::render::Answer;
use crate::provisioning::{Error, Request, Service, log_ignored};
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::USER;
use crate::scim::{Object, decode};
use crate::storage::Tx;
use serde_json::Value;

/// A replacement that is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct UserReplacement {
    id: Id,
    resource: Object,
    condition: Option<Condition>,
}

impl UserReplacement {
    pub fn decode(request: &Request, id: &str, body: Value, condition: Option<Condition>) -> Result<Self, Error> {
        let id = parse_id(id)?;
        let decoded = decode::resource(body, &USER, request.caller.strictness())?;
        log_ignored(&decoded.ignored);
        Ok(Self { id, resource: decoded.resource, condition })
    }
}

pub async fn replace_user(
    service: &Service,
    request: Request,
    id: &str,
    body: Value,
    condition: Option<Condition>,
    projection: Projection,
) -> Result<Answer, Error> {
    let replacement = UserReplacement::decode(&request, id, body, condition)?;
    service.db.write(async move |tx| replace(tx, &request, &replacement, &projection).await).await
}

/// Attributes that are left out are cleared, but for `active`: a client that does not mention it must not bring
/// anybody back or lock him out.
pub async fn replace(
    tx: &mut Tx<'_>,
    request: &Request,
    replacement: &UserReplacement,
    projection: &Projection,
) -> Result<Answer, Error> {
    let (stored, old) = load(tx, request, replacement.id, replacement.condition.as_ref()).await?;
    let mut new = replacement.resource.clone();
    if let Some(active) = old.get("active") {
        new.entry("active").or_insert_with(|| active.clone());
    }
    save(tx, request, stored, &old, new, projection).await
}
