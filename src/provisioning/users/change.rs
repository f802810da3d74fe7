//! What every change of a user does: load, decide, save, show.

use super::Users;
use super::draft::{check_new, complete, draft, names, taken};
use super::facts::{facts, shows_default, wants_groups};
use super::place::place;
use super::tell::{Told, tell};
use super::wishes::Wishes;
use crate::domain::{Actor, Guard, GuardScope, Id, MembershipDiff, Origin, Placement, User};
use crate::provisioning::features::check_folders;
use crate::provisioning::render::{self, Answer};
use crate::provisioning::tenants::Source;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request, memberships, profile};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::CONNECTOR_USER;
use crate::storage::rows::{GroupOfUser, Stored, StoredUser, UserChange, WrittenRow};
use crate::storage::{Tx, both};
use std::sync::Arc;

/// A user who is being changed: locked, so that two requests for one user follow each other.
pub struct Opened {
    pub user: StoredUser,
    pub placement: Placement,
    /// As it is stored: without what the product decides, but for `roles`.
    pub resource: Object,
    pub source: Arc<Source>,
    /// His groups, where the answer shows them.
    pub groups: Option<Vec<GroupOfUser>>,
}

/// Loads a user to change him: locked, and still what `If-Match` names. `answer` is what will be shown of him.
pub async fn load(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    condition: Option<&Condition>,
    answer: Option<&Projection>,
) -> Result<Opened, Error> {
    let account = request.caller.account;
    let (found, groups) = match answer.filter(|projection| wants_groups(projection)) {
        Some(answer) => {
            both!(tx, user_locked(account, id), groups_of_all(account, &[id], shows_default(request, answer)))
                .map(|(user, groups)| (user, Some(groups)))?
        }
        None => (tx.user_locked(account, id).await?, None),
    };
    let Some(user) = found else {
        return Err(absent(tx, request, id).await?);
    };
    let resource = Users::open(&user.stored, condition)?;
    let placement = user.placement.placement()?;
    let source = request.source_of(tx, user.connection_id.0).await?;
    Ok(Opened { user, placement, resource, source, groups })
}

/// SCIM never tells a removed user from one who never was; an administrator hears which it is.
pub async fn absent(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<Error, Error> {
    let by_admin = !matches!(request.caller.actor, Actor::Connection(_));
    if by_admin && tx.removed_user(request.caller.account, id).await?.is_some() {
        return Ok(Guard::UserRemoved(id).into());
    }
    Ok(Users::not_found(&id.to_string()))
}

/// Makes a user.
pub async fn join(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    mut resource: Object,
    wishes: &Wishes,
    projection: &Projection,
) -> Result<Answer, Error> {
    let caller = &request.caller;
    let placed = place(tx, request, &caller.source, id, None, &mut resource, wishes).await?;
    let resource = complete(resource, id);
    check_folders(request, &CONNECTOR_USER, None, &resource)?;
    let draft = draft(&resource)?;
    check_new(tx, request, id, &resource, &draft, None, &placed.placement).await?;
    let user = User {
        account: caller.account,
        id,
        connection: caller.connection,
        version: 1,
        last_modified: id.created(),
        draft: draft.clone(),
        placement: placed.placement,
    };
    let stored = Stored {
        id: id.into(),
        version: user.version,
        last_modified: user.last_modified,
        body: draft.profile.body.clone(),
    };
    let placement = user.placement.clone();
    let plan = placed.memberships.as_ref();
    let in_default = plan.and_then(|plan| memberships::of_newcomer(&caller.tenant, plan));
    let (row, rows) = (user.into(), in_default.as_deref().unwrap_or_default());
    let inserted = match placement.organization {
        Some(id) => both!(tx, insert_user(row, &draft.emails, rows), organization_names(caller.account, &[id])),
        None => tx.insert_user(row, &draft.emails, rows).await.map(|previous| (previous, Vec::new())),
    };
    let (previous, organizations) = inserted.map_err(|error| taken(error, &draft))?;
    let organizations = organizations.into_iter().map(|(id, name, _)| (id.0, name)).collect();
    if in_default.is_none() {
        memberships::write(tx, request, plan.map(std::slice::from_ref).unwrap_or_default(), None).await?;
    }
    let told = Told {
        id,
        version: stored.version,
        before: None,
        resource: &resource,
        placement: &placement,
        memberships: plan,
        previous,
        organizations: Some(organizations),
    };
    tell(tx, request, told).await?;
    // Who is in Default only, which is not shown, needs no look at his groups.
    let groups = (in_default.is_some() && !shows_default(request, projection)).then(Vec::new);
    show(tx, request, &stored, &placement, groups, projection).await
}

/// Writes a changed user and shows him. What changes nothing moves neither version nor time.
pub async fn save(
    tx: &mut Tx<'_>,
    request: &Request,
    opened: Opened,
    mut new: Object,
    wishes: &Wishes,
    projection: &Projection,
) -> Result<Answer, Error> {
    let account = request.caller.account;
    let Opened { user, placement: before, resource: old, source, groups } = opened;
    let mut stored = user.stored;
    let id = stored.id.0;
    let placed = place(tx, request, &source, id, Some(&before), &mut new, wishes).await?;
    let new = complete(new, id);
    let plan = placed.memberships.as_ref();
    let diff = plan.map(|plan| MembershipDiff::between(&plan.before, &plan.after)).unwrap_or_default();
    memberships::write(tx, request, plan.map(std::slice::from_ref).unwrap_or_default(), None).await?;
    let groups = groups.filter(|_| diff.is_empty());
    let mut placement = placed.placement;
    if let Some(plan) = plan {
        // Only now: a group could have lost its roles until it was locked.
        placement.is_admin |= memberships::make_admin(tx, &request.caller.tenant, &plan.after).await?;
    }
    if new == old && placement == before && diff.is_empty() {
        return show(tx, request, &stored, &before, groups, projection).await;
    }
    check_folders(request, &CONNECTOR_USER, Some(&old), &new)?;
    let draft = draft(&new)?;
    let emails_changed = draft.emails != profile::emails(&old);
    let login_changed = new.get("userName") != old.get("userName");
    if emails_changed || login_changed {
        check_new(tx, request, id, &new, &draft, Some(&before), &placement).await?;
    }
    watch(tx, request, id, &before, &placement)?;
    // Who gave what is no business of the version, and neither is it shown by default.
    let is_visible = new != old || visible(&placement) != visible(&before) || diff.is_visible;
    let version = stored.version;
    // Time never runs backwards for a resource, whatever the clocks of the replicas say.
    let now = if is_visible { request.now.max(stored.last_modified) } else { stored.last_modified };
    let next = if is_visible { version + 1 } else { version };
    let emails = emails_changed.then_some(draft.emails.as_slice());
    // Where the old names cannot be told, all columns are written: a change may be what mends them.
    let was = names(&old).ok().map(|names| WrittenRow { names: names.into(), placement: (&before).into() });
    let row = WrittenRow { names: draft.names.clone().into(), placement: (&placement).into() };
    let change = UserChange { account, id, version, next_version: next, now, profile: draft.profile.clone(), was, row };
    tx.update_user(change, emails).await.map_err(|error| taken(error, &draft))?;
    stored = Stored { version: next, last_modified: now, body: draft.profile.body, ..stored };
    let told = Told {
        id,
        version: next,
        before: Some((&old, &before)),
        resource: &new,
        placement: &placement,
        memberships: plan,
        previous: None,
        organizations: None,
    };
    if is_visible {
        tell(tx, request, told).await?;
    }
    show(tx, request, &stored, &placement, groups, projection).await
}

/// What of a placement a reader can see.
fn visible(placement: &Placement) -> impl PartialEq + use<> {
    let roles: Vec<_> = placement.roles.iter().map(|grant| (grant.wish.clone(), grant.held)).collect();
    (placement.status, placement.organization, roles, placement.is_admin)
}

/// Notes an administrator who is none any more, for the guard at the end of the transaction.
pub fn watch(tx: &mut Tx<'_>, request: &Request, id: Id, before: &Placement, after: &Placement) -> Result<(), Error> {
    if !before.is_active_admin() {
        return Ok(());
    }
    let stays = after.is_active_admin();
    if !stays && request.caller.user == Some(id) {
        let what = if after.status == before.status { "demote" } else { "deactivate" };
        return Err(Guard::SelfRemoval(what).into());
    }
    let by_organization = request.caller.tenant.policies.last_admin_scope == GuardScope::Organization;
    if !stays || (by_organization && before.organization != after.organization) {
        tx.ledger.admins_lost.push((id, before.organization));
    }
    Ok(())
}

/// A stored user as an answer, with his groups where somebody has read them.
pub async fn show(
    tx: &mut Tx<'_>,
    request: &Request,
    stored: &Stored,
    placement: &Placement,
    groups: Option<Vec<GroupOfUser>>,
    projection: &Projection,
) -> Result<Answer, Error> {
    let given = placement.organization.filter(|_| placement.organization_origin != Origin::Fallback);
    let id = stored.id.0;
    let mut facts = facts(tx, request, &[(id, given)], groups, projection).await?;
    Ok(render::user(request, stored, &facts.remove(&id).unwrap_or_default(), projection))
}
