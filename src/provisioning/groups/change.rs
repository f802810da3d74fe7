//! What every change of a group does: load, save, show.

use super::Groups;
use super::draft::{draft, taken};
use super::members::MemberChanges;
use crate::domain::Id;
use crate::provisioning::render::{self, Answer};
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::GROUP;
use crate::storage::rows::Stored;
use crate::storage::{Error as StorageError, Tx};

/// A group that is being changed: locked, so that two requests for one group follow each other.
pub struct Loaded {
    pub stored: Stored,
    pub member_count: i64,
    /// Without members.
    pub resource: Object,
}

pub async fn load(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<Loaded, Error> {
    let found = tx.group_locked(request.caller.account, id).await?;
    let (stored, member_count) = found.ok_or_else(|| Groups::not_found(&id.to_string()))?;
    let resource = Groups::open(&stored, condition)?;
    Ok(Loaded { stored, member_count, resource })
}

/// Writes the changed fields and memberships. What changes nothing moves neither version nor time. The members of the
/// group are not loaded.
pub async fn save(
    tx: &mut Tx<'_>,
    request: &Request,
    loaded: &mut Loaded,
    new: Object,
    members: &MemberChanges,
) -> Result<(), Error> {
    let account = request.caller.account;
    let (id, version) = (loaded.stored.id.0, loaded.stored.version);
    let new = profile::with_id(new, id, &GROUP);
    let renamed = new != loaded.resource;
    if renamed {
        let draft = draft(&new)?;
        loaded.stored.body.clone_from(&draft.profile.body);
        let written = tx.update_group(account, id, version, draft.clone().into()).await;
        if !written.map_err(|error| taken(error, &draft))? {
            return Err(StorageError::Contention("the group was changed meanwhile".to_owned()).into());
        }
    }
    let change = members.carry_out(tx, request, id).await?;
    if renamed || change.any {
        let now = request.now.max(loaded.stored.last_modified);
        tx.bump_group(account, id, change.growth, now).await?;
        loaded.stored.version = version + 1;
        loaded.stored.last_modified = now;
        loaded.member_count += change.growth;
    }
    Ok(())
}

/// A stored group as an answer.
pub async fn show(
    tx: &mut Tx<'_>,
    request: &Request,
    stored: &Stored,
    projection: &Projection,
) -> Result<Answer, Error> {
    let members = if projection.wants("members", &GROUP) {
        Some(tx.members(request.caller.account, stored.id.0).await?)
    } else {
        None
    };
    Ok(render::group(request, stored, members, projection))
}
