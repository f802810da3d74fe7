//! POST /Groups (RFC 7644 §3.3).

use super::change::show;
use super::draft::{draft, taken};
use super::members::MemberChanges;
use crate::domain::{Group, GroupDraft, Id};
use crate::provisioning::render::Answer;
use crate::provisioning::{Error, Request, log_ignored, profile};
use crate::scim::decode;
use crate::scim::project::Projection;
use crate::scim::schema::GROUP;
use crate::storage::Tx;
use crate::storage::rows::Stored;
use serde_json::Value;

/// A group that is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct NewGroup {
    id: Id,
    draft: GroupDraft,
    members: MemberChanges,
}

impl NewGroup {
    /// Checks a body. The id is made by the caller, because others in a bulk request may refer to it.
    pub fn decode(request: &Request, id: Id, body: Value) -> Result<Self, Error> {
        let mut decoded = decode::resource(body, &GROUP, request.caller.strictness())?;
        log_ignored(&decoded.ignored);
        let members = MemberChanges::exactly(decoded.resource.remove("members").as_ref())?;
        let draft = draft(&profile::with_id(decoded.resource, id, &GROUP))?;
        Ok(Self { id, draft, members })
    }
}

pub async fn create(
    tx: &mut Tx<'_>,
    request: &Request,
    new: &NewGroup,
    projection: &Projection,
) -> Result<Answer, Error> {
    let mut group = Group::found(request.caller.account, request.caller.connection, new.id, new.draft.clone());
    group.member_count = i64::try_from(new.members.count()).unwrap_or(i64::MAX);
    let stored = Stored {
        id: group.id.into(),
        version: group.version,
        last_modified: group.last_modified,
        body: group.draft.profile.body.clone(),
    };
    tx.insert_group(group.into()).await.map_err(|error| taken(error, &new.draft))?;
    new.members.carry_out(tx, request, new.id).await?;
    show(tx, request, &stored, projection).await
}
