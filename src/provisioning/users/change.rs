//! What every change of a user does: load, save, show.

use super::Users;
use super::draft::{complete, draft, taken};
use crate::domain::Id;
use crate::provisioning::render::{self, Answer};
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::USER;
use crate::storage::rows::Stored;
use crate::storage::{Error as StorageError, Tx};

/// Loads a user to change him: locked, and still what `If-Match` names.
pub async fn load(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    condition: Option<&Condition>,
) -> Result<(Stored, Object), Error> {
    let stored = tx.user_locked(request.caller.account, id).await?.ok_or_else(|| Users::not_found(&id.to_string()))?;
    let resource = Users::open(&stored, condition)?;
    Ok((stored, resource))
}

/// Writes a changed user and shows him. What changes nothing moves neither version nor time.
pub async fn save(
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
pub async fn show(
    tx: &mut Tx<'_>,
    request: &Request,
    stored: &Stored,
    projection: &Projection,
) -> Result<Answer, Error> {
    let groups = if projection.wants("groups", &USER) {
        let groups = tx.groups_of_all(request.caller.account, &[stored.id.0]).await?;
        groups.into_iter().map(|(_, group, name)| (group, name)).collect()
    } else {
        Vec::new()
    };
    Ok(render::user(request, stored, &groups, projection))
}
