//! PATCH /Groups/{id} (RFC 7644 §3.5.2).

use super::Groups;
use super::change::{change, show};
use super::members::MemberChanges;
use crate::domain::Id;
use crate::provisioning::render::Answer;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::patch::{Change, PatchRequest, apply, bind};
use crate::scim::project::Projection;
use crate::scim::schema::GROUP;
use crate::storage::Tx;
use serde_json::Value;

/// Changes that are bound to the schema and not yet applied. Members and the rest do not touch each other, so each
/// may be taken by itself.
#[derive(Debug, Clone)]
pub struct GroupPatch {
    id: Id,
    changes: Vec<Change>,
    members: MemberChanges,
    condition: Option<Condition>,
}

impl GroupPatch {
    pub fn decode(request: &Request, id: &str, body: Value, condition: Option<Condition>) -> Result<Self, Error> {
        let bound = request.reading(|reading| bind(PatchRequest::decode(body, reading)?, &GROUP, id, reading))?;
        let (of_members, changes): (Vec<Change>, Vec<Change>) =
            bound.into_iter().partition(|change| MEMBERS.contains(&change.target.attribute.name));
        let mut members = MemberChanges::default();
        request.reading(|reading| of_members.into_iter().try_for_each(|change| members.include(change, reading)))?;
        Ok(Self { id: Groups::parse_id(id)?, changes, members, condition })
    }
}

/// Answers with the group, or with nothing when it has too many members to show each time or the client reads none.
pub async fn patch(
    tx: &mut Tx<'_>,
    request: &Request,
    group: &GroupPatch,
    projection: &Projection,
) -> Result<Option<Answer>, Error> {
    let to = |old: &Object| request.reading(|reading| apply(group.changes.clone(), old, &GROUP, reading));
    let changed = change(tx, request, group.id, group.condition.as_ref(), &group.members, to).await?;
    let is_long = changed.member_count > request.group_answer_members && projection.wants("members", &GROUP);
    if is_long || request.caller.choices().silent_group_patch {
        return Ok(None);
    }
    show(tx, request, &changed, projection).await.map(Some)
}

/// What concerns memberships and not the group itself.
const MEMBERS: &[&str] = &["members", "memberSettings"];
