//! PUT /Groups/{id} (RFC 7644 §3.5.1).

use super::Groups;
use super::change::{change, show};
use super::members::MemberChanges;
use crate::domain::Id;
use crate::provisioning::render::Answer;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request};
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::{CONNECTOR_GROUP, GROUP};
use crate::scim::{Object, decode};
use crate::storage::Tx;
use serde_json::Value;

/// A replacement that is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct GroupReplacement {
    id: Id,
    resource: Object,
    members: MemberChanges,
    /// Nothing is said about the product's own part of a group.
    keeps_extension: bool,
    condition: Option<Condition>,
}

impl GroupReplacement {
    /// A body without `members` or without the connector's extension leaves them alone: some clients send only what they
    /// manage. A strict connection means what RFC 7644 §3.5.1 says, and clears them.
    pub fn decode(request: &Request, id: &str, body: Value, condition: Option<Condition>) -> Result<Self, Error> {
        let id = Groups::parse_id(id)?;
        let clears = request.caller.choices().put_clears;
        let says =
            |name: &str| body.as_object().is_some_and(|body| body.keys().any(|key| key.eq_ignore_ascii_case(name)));
        let says_members = says("members");
        let keeps_extension = !clears && !says(CONNECTOR_GROUP.id);
        let mut resource = request.reading(|reading| decode::resource(body, &GROUP, reading))?;
        let listed = resource.remove("members");
        let mut members =
            if says_members || clears { MemberChanges::exactly(listed.as_ref())? } else { MemberChanges::default() };
        members.take_settings(&mut resource)?;
        Ok(Self { id, resource, members, keeps_extension, condition })
    }
}

pub async fn replace(
    tx: &mut Tx<'_>,
    request: &Request,
    replacement: &GroupReplacement,
    projection: &Projection,
) -> Result<Answer, Error> {
    let to = |old: &Object| {
        let mut new = replacement.resource.clone();
        if let Some(extension) = old.get(CONNECTOR_GROUP.id).filter(|_| replacement.keeps_extension) {
            new.insert(CONNECTOR_GROUP.id.to_owned(), extension.clone());
        }
        Ok(new)
    };
    let condition = replacement.condition.as_ref();
    let changed = change(tx, request, replacement.id, condition, &replacement.members, to).await?;
    show(tx, request, &changed, projection).await
}
