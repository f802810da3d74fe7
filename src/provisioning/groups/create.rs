//! POST /Groups (RFC 7644 §3.3).

use super::change::{check_parts, check_scope, show, tell_created};
use super::draft::{draft, taken};
use super::members::MemberChanges;
use super::roles::has_admin;
use crate::domain::{Group, Id};
use crate::provisioning::render::Answer;
use crate::provisioning::{Error, Request, profile};
use crate::scim::project::Projection;
use crate::scim::schema::GROUP;
use crate::scim::{Object, decode};
use crate::storage::Tx;
use crate::storage::rows::{GroupDraftRow, Stored, StoredGroup};
use serde_json::Value;

/// A group that is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct NewGroup {
    id: Id,
    resource: Object,
    members: MemberChanges,
}

impl NewGroup {
    /// Checks a body. The id is made by the caller, because others in a bulk request may refer to it.
    pub fn decode(request: &Request, id: Id, body: Value) -> Result<Self, Error> {
        let mut resource = request.reading(|reading| decode::resource(body, &GROUP, reading))?;
        let mut members = MemberChanges::exactly(resource.remove("members").as_ref())?;
        members.take_settings(&mut resource)?;
        let resource = profile::with_id(resource, id, &GROUP);
        check_parts(request, None, &resource)?;
        draft(request, &resource, None)?;
        Ok(Self { id, resource, members })
    }
}

pub async fn create(
    tx: &mut Tx<'_>,
    request: &Request,
    new: &NewGroup,
    projection: &Projection,
) -> Result<Answer, Error> {
    let caller = &request.caller;
    check_scope(request)?;
    let prepared = new.members.prepare(tx, request, new.id).await?;
    let draft = draft(request, &new.resource, None)?;
    let mut group = Group::found(caller.account, caller.connection, new.id, draft.clone());
    group.grants_admin = has_admin(&draft.roles, &caller.tenant);
    let mut stored = StoredGroup {
        stored: Stored {
            id: group.id.into(),
            version: group.version,
            last_modified: group.last_modified,
            body: group.draft.profile.body.clone(),
        },
        connection_id: caller.connection.into(),
        member_count: 0,
        is_default: false,
        archived: draft.archived,
        roles: GroupDraftRow::new(draft.clone(), group.grants_admin).roles,
        grants_admin: group.grants_admin,
    };
    tx.insert_group(group.into()).await.map_err(|error| taken(error, &draft))?;
    let outcome = new.members.carry_out(tx, request, &stored, prepared).await?;
    if outcome.growth > 0 {
        stored.member_count = outcome.growth;
        tx.count_first_members(caller.account, new.id, outcome.growth).await?;
    }
    tell_created(tx, request, new.id, &new.resource, &outcome);
    show(tx, request, &stored, projection).await
}
