//! `/Groups`: one file a verb, and what they share.

mod create;
mod delete;
mod members;
mod patch;
mod read;
mod replace;

pub use create::{NewGroup, create, create_group};
pub use delete::{delete, delete_group};
pub use patch::{GroupPatch, patch, patch_group};
pub use read::read_group;
pub use replace::{GroupReplacement, replace, replace_group};

use self::members::MemberChanges;
use super::render::{self, Answer};
use super::{Error, Request, profile};
use crate::domain::{GroupDraft, Id, Name, check_indexed};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::GROUP;
use crate::storage::rows::Stored;
use crate::storage::{Constraint, Error as StorageError, Tx};

/// The draft that a finished resource without members stands for.
fn draft(resource: &Object) -> Result<GroupDraft, Error> {
    let external_id = profile::text(resource, "externalId");
    if let Some(external_id) = external_id {
        check_indexed("externalId", external_id)?;
    }
    Ok(GroupDraft {
        display_name: Name::new("displayName", profile::text(resource, "displayName").unwrap_or_default())?,
        external_id: external_id.map(str::to_owned),
        profile: profile::of(resource, &GROUP),
    })
}

fn not_found(id: &str) -> Error {
    Error::NotFound { resource_type: GROUP.name, id: id.to_owned() }
}

/// The id in a path; anything else than an id of ours is not found.
fn parse_id(id: &str) -> Result<Id, Error> {
    id.parse().map_err(|_| not_found(id))
}

/// A broken uniqueness in the words of the protocol.
fn taken(error: StorageError, draft: &GroupDraft) -> Error {
    let (code, attribute, value) = match error {
        StorageError::Conflict(Constraint::GroupDisplayName) => {
            ("group_name_taken", "displayName", draft.display_name.text.clone())
        }
        StorageError::Conflict(Constraint::GroupExternalId) => {
            ("external_id_taken", "externalId", draft.external_id.clone().unwrap_or_default())
        }
        other => return other.into(),
    };
    Error::Taken { code, resource_type: GROUP.name, attribute, value }
}

/// A group that is being changed: locked, so that two requests for one group follow each other.
struct Loaded {
    stored: Stored,
    member_count: i64,
    /// Without members.
    resource: Object,
}

async fn load(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<Loaded, Error> {
    let found = tx.group_locked(request.caller.account, id).await?;
    let (stored, member_count) = found.ok_or_else(|| not_found(&id.to_string()))?;
    if condition.is_some_and(|condition| !condition.matches(stored.version)) {
        return Err(Error::VersionConflict);
    }
    let resource = serde_json::from_str(&stored.body)
        .map_err(|error| StorageError::Internal(format!("group {id} is not JSON: {error}")))?;
    Ok(Loaded { stored, member_count, resource })
}

/// Writes the changed fields and memberships. What changes nothing moves neither version nor time. The members of the
/// group are not loaded.
async fn save(
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
async fn show(tx: &mut Tx<'_>, request: &Request, stored: &Stored, projection: &Projection) -> Result<Answer, Error> {
    let members = if projection.wants("members", &GROUP) {
        Some(tx.members(request.caller.account, stored.id.0).await?)
    } else {
        None
    };
    Ok(render::group(request, stored, members, projection))
}
