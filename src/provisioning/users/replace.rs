//! PUT /Users/{id} (RFC 7644 §3.5.1).

use super::Users;
use super::change::{load, save};
use super::wishes::{Wish, Wishes};
use super::written_groups;
use crate::domain::Id;
use crate::provisioning::render::Answer;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request};
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
    wishes: Wishes,
    condition: Option<Condition>,
}

impl UserReplacement {
    pub fn decode(request: &Request, id: &str, mut body: Value, condition: Option<Condition>) -> Result<Self, Error> {
        let id = Users::parse_id(id)?;
        let says_groups = written_groups::are_taken(request)
            && request.reading(|reading| Ok::<_, Error>(written_groups::in_resource(&mut body, reading)))?;
        let mut resource = request.reading(|reading| decode::resource(body, &USER, reading))?;
        let mut wishes = Wishes::take(&mut resource)?;
        if wishes.organization == Wish::Unsaid {
            wishes.organization = Wish::Withdrawn;
        }
        // An empty list is not the same as none.
        if says_groups {
            wishes.memberships.get_or_insert_default();
        }
        Ok(Self { id, resource, wishes, condition })
    }
}

/// Attributes that are left out are cleared, but for `active`, because a client that does not mention it must not bring
/// anybody back or lock him out, and for what others gave: roles, organization, memberships.
pub async fn replace(
    tx: &mut Tx<'_>,
    request: &Request,
    replacement: &UserReplacement,
    projection: &Projection,
) -> Result<Answer, Error> {
    let opened = load(tx, request, replacement.id, replacement.condition.as_ref(), Some(projection)).await?;
    let mut new = replacement.resource.clone();
    if let Some(active) = opened.resource.get("active") {
        new.entry("active").or_insert_with(|| active.clone());
    }
    save(tx, request, opened, new, &replacement.wishes, projection).await
}
