//! `/Users`: one file a verb, and what they share.

mod create;
mod delete;
mod patch;
mod read;
mod replace;

pub use create::{NewUser, create, create_user};
pub use delete::{delete, delete_user};
pub use patch::{UserPatch, patch, patch_user};
pub use read::read_user;
pub use replace::{UserReplacement, replace, replace_user};

use super::render::{self, Answer};
use super::{Error, Request, profile};
use crate::domain::{Id, Name, UserDraft, check_indexed};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::USER;
use crate::storage::rows::Stored;
use crate::storage::{Constraint, Error as StorageError, Tx};
use serde_json::Value;

/// The draft that a finished resource stands for. `active` is there.
fn draft(resource: &Object) -> Result<UserDraft, Error> {
    let external_id = profile::text(resource, "externalId");
    if let Some(external_id) = external_id {
        check_indexed("externalId", external_id)?;
    }
    let emails = profile::emails(resource);
    for email in emails.iter().filter_map(|email| email.value_key.as_deref()) {
        check_indexed("emails.value", email)?;
    }
    Ok(UserDraft {
        user_name: Name::new("userName", profile::text(resource, "userName").unwrap_or_default())?,
        external_id: external_id.map(str::to_owned),
        display_name: match profile::text(resource, "displayName") {
            Some(name) => Some(Name::or_blank("displayName", name)?),
            None => None,
        },
        active: resource.get("active").and_then(Value::as_bool).unwrap_or(true),
        emails,
        profile: profile::of(resource, &USER),
    })
}

/// A resource as it is kept: with its id, and active unless it says otherwise.
fn complete(mut resource: Object, id: Id) -> Object {
    resource.entry("active").or_insert(Value::Bool(true));
    profile::with_id(resource, id, &USER)
}

fn not_found(id: &str) -> Error {
    Error::NotFound { resource_type: USER.name, id: id.to_owned() }
}

/// The id in a path; anything else than an id of ours is not found.
fn parse_id(id: &str) -> Result<Id, Error> {
    id.parse().map_err(|_| not_found(id))
}

/// A broken uniqueness in the words of the protocol.
fn taken(error: StorageError, draft: &UserDraft) -> Error {
    let (code, attribute, value) = match error {
        StorageError::Conflict(Constraint::UserName) => ("username_taken", "userName", draft.user_name.text.clone()),
        StorageError::Conflict(Constraint::UserExternalId) => {
            ("external_id_taken", "externalId", draft.external_id.clone().unwrap_or_default())
        }
        other => return other.into(),
    };
    Error::Taken { code, resource_type: USER.name, attribute, value }
}

/// Loads a user to change him: locked, and still what `If-Match` names.
async fn load(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    condition: Option<&Condition>,
) -> Result<(Stored, Object), Error> {
    let stored = tx.user_locked(request.caller.account, id).await?.ok_or_else(|| not_found(&id.to_string()))?;
    if condition.is_some_and(|condition| !condition.matches(stored.version)) {
        return Err(Error::VersionConflict);
    }
    let resource = serde_json::from_str(&stored.body)
        .map_err(|error| StorageError::Internal(format!("user {id} is not JSON: {error}")))?;
    Ok((stored, resource))
}

/// Writes a changed user and shows him. What changes nothing moves neither version nor time.
async fn save(
    tx: &mut Tx<'_>,
    request: &Request,
    mut stored: Stored,
    old: &Object,
    new: Object,
    projection: &Projection,
) -> Result<Answer, Error> {
    let account = request.caller.account;
    let new = complete(new, stored.id.0);
    if &new != old {
        let draft = draft(&new)?;
        let emails = draft.emails.clone();
        let emails_changed = emails != profile::emails(old);
        let body = draft.profile.body.clone();
        let version = stored.version;
        // Time never runs backwards for a resource, whatever the clocks of the replicas say.
        let now = request.now.max(stored.last_modified);
        let written = tx
            .update_user(account, stored.id.0, version, now, draft.clone().into(), emails_changed.then_some(&*emails))
            .await
            .map_err(|error| taken(error, &draft))?;
        if !written {
            return Err(StorageError::Contention("the user was changed meanwhile".to_owned()).into());
        }
        stored = Stored { version: version + 1, last_modified: now, body, ..stored };
    }
    show(tx, request, &stored, projection).await
}

/// A stored user as an answer.
async fn show(tx: &mut Tx<'_>, request: &Request, stored: &Stored, projection: &Projection) -> Result<Answer, Error> {
    let groups = if projection.wants("groups", &USER) {
        let groups = tx.groups_of_all(request.caller.account, &[stored.id.0]).await?;
        groups.into_iter().map(|(_, group, name)| (group, name)).collect()
    } else {
        Vec::new()
    };
    Ok(render::user(request, stored, &groups, projection))
}
