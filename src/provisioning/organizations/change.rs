//! PUT and PATCH of an organization (RFC 7644 §3.5): load, change, save.

use super::Organizations;
use super::draft::{draft, settle_settings_set, taken};
use crate::domain::{Id, Subject};
use crate::provisioning::plain::tell;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::schema::ORGANIZATION;
use crate::storage::rows::Stored;
use crate::storage::{Error as StorageError, Tx};

/// An organization that is being changed: locked, so that two requests for one follow each other.
pub async fn load(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<Stored, Error> {
    let found = tx.organization_locked(request.caller.account, id).await?;
    Ok(found.ok_or_else(|| Organizations::not_found(&id.to_string()))?.0)
}

/// Writes what is different. What changes nothing moves neither version nor time.
pub async fn change(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    condition: Option<&Condition>,
    to: impl FnOnce(&Object) -> Result<Object, Error> + Send,
) -> Result<Stored, Error> {
    let mut stored = load(tx, request, id).await?;
    let old = Organizations::open(&stored, condition)?;
    let mut new = to(&old)?;
    let settings_set = settle_settings_set(tx, request, &mut new).await?;
    let new = profile::with_id(new, id, &ORGANIZATION);
    if new == old {
        return Ok(stored);
    }
    let draft = draft(&new, settings_set)?;
    let now = request.now.max(stored.last_modified);
    let written = tx.update_organization(request.caller.account, id, stored.version, now, draft.clone().into()).await;
    if !written.map_err(|error| taken(error, &draft))? {
        return Err(StorageError::Contention("the organization was changed meanwhile".to_owned()).into());
    }
    stored = Stored { version: stored.version + 1, last_modified: now, body: draft.profile.body, ..stored };
    tell(tx, request, "organization.updated", Subject::new("organization", id), stored.version, &old, &new);
    Ok(stored)
}
