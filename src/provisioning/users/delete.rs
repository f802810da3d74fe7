//! DELETE /Users/{id} (RFC 7644 §3.6): the user leaves, for ever or until he is pushed again (P-19).

use super::change::{Opened, load, save, watch};
use super::wishes::Wishes;
use crate::domain::{Actor, Change, Guard, Id, Memberships, Placement, Status, Subject, UserDelete};
use crate::expr::fold;
use crate::provisioning::memberships::{self, Plan};
use crate::provisioning::{Error, Request, profile};
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::storage::Tx;
use crate::storage::rows::RemovedUserRow;
use serde_json::{Value, json};

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
    let opened = load(tx, request, id, condition, None).await?;
    let by_connection = matches!(request.caller.actor, Actor::Connection(_));
    if by_connection && request.caller.tenant.policies.scim_delete == UserDelete::Deactivate {
        let mut resource = opened.resource.clone();
        resource.insert("active".to_owned(), Value::Bool(false));
        save(tx, request, opened, resource, &Wishes::default(), &Projection::DEFAULT).await?;
        return Ok(());
    }
    remove(tx, request, opened).await
}

/// Leaves a tombstone: nobody changes it, and its userName and e-mail addresses are free again.
async fn remove(tx: &mut Tx<'_>, request: &Request, opened: Opened) -> Result<(), Error> {
    let account = request.caller.account;
    let Opened { user, placement: before, resource, .. } = opened;
    let id = user.stored.id.0;
    if request.caller.user == Some(id) {
        return Err(Guard::SelfRemoval("remove").into());
    }
    let after = Placement { status: Status::Removed, direct_admin: false, is_admin: false, ..before.clone() };
    watch(tx, request, id, &before, &after)?;
    let held = memberships::load(tx, account, &[id]).await?.remove(&id).unwrap_or_default();
    let plan = Plan { user: id, before: held, after: Memberships::default() };
    memberships::write(tx, request, std::slice::from_ref(&plan), None).await?;
    let user_name = profile::text(&resource, "userName").unwrap_or_default();
    let version = user.stored.version + 1;
    let tombstone = RemovedUserRow {
        account_id: account.into(),
        id: id.into(),
        connection_id: user.connection_id,
        user_name_key: fold(user_name),
        external_id: profile::text(&resource, "externalId").map(str::to_owned),
        version,
        removed_at: request.now,
        body: user.stored.body,
    };
    tx.bury_user(tombstone).await?;
    let subject = Subject::new("user", id);
    let change = Change {
        field: "status".to_owned(),
        from: before.status.to_string().into(),
        to: Status::Removed.to_string().into(),
        by: None,
    };
    tx.ledger.audit.push(request.entry("user.removed", subject.clone(), vec![change]));
    let data = json!({ "userName": user_name, "reason": request.why });
    tx.ledger.events.push(request.event("user.removed", None, subject, version, data));
    Ok(())
}
