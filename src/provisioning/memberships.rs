//! Memberships of users in transactions: loaded, planned by the model, written as sets.
//!
//! Users are locked before groups, everywhere, each in the order of their ids: so no two requests wait for each other in a
//! circle. The Default group is never locked and counts nothing, because every new user passes through it.

use super::{Error, Request};
use crate::domain::{Account, Guard, Id, Membership, MembershipDiff, Memberships};
use crate::storage::rows::{MembershipRow, StoredGroup, from_json};
use crate::storage::{Error as StorageError, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// The memberships of one user before and after a change.
#[derive(Debug, Clone)]
pub struct Plan {
    pub user: Id,
    pub before: Memberships,
    pub after: Memberships,
}

/// Group, flags and origins: rows that become alike are written together.
type Alike = (Id, bool, bool, bool, String);

/// What was written.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// Users whose memberships look different now.
    pub users: Vec<Id>,
    /// Changes of one group: how many more members it has, and whether a flag changed.
    pub groups: BTreeMap<Id, i64>,
}

/// The memberships of some users, who are locked.
pub async fn load(tx: &mut Tx<'_>, account: Id, users: &[Id]) -> Result<BTreeMap<Id, Memberships>, Error> {
    let mut found: BTreeMap<Id, Memberships> = users.iter().map(|user| (*user, Memberships::default())).collect();
    for row in tx.memberships_of(account, users).await? {
        found.entry(row.user_id.0).or_default().list.push(row.membership());
    }
    Ok(found)
}

/// The memberships of a newcomer who is in Default only, as rows: they are written with him, because nothing has to be locked,
/// counted or inherited for them.
pub fn of_newcomer(account: &Account, plan: &Plan) -> Option<Vec<MembershipRow>> {
    let is_in_default = plan.after.list.iter().all(|held| held.group == account.default_group);
    let rows = || plan.after.list.iter().map(|held| MembershipRow::new(account.id, plan.user, held)).collect();
    (is_in_default && !account.policies.grant_roles.is_on()).then(rows)
}

/// Writes the difference that plans make, and counts it in the groups but for `held`, which its caller counts itself.
pub async fn write(
    tx: &mut Tx<'_>,
    request: &Request,
    plans: &[Plan],
    held: Option<&StoredGroup>,
) -> Result<Written, Error> {
    let account = &request.caller.tenant;
    let mut written = Written::default();
    let mut left: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    let mut joined: Vec<MembershipRow> = Vec::new();
    let mut changed: BTreeMap<Alike, (MembershipRow, Vec<Id>)> = BTreeMap::new();
    for plan in plans {
        let diff = MembershipDiff::between(&plan.before, &plan.after);
        if diff.is_visible {
            written.users.push(plan.user);
        }
        for group in diff.left {
            *written.groups.entry(group).or_default() -= 1;
            left.entry(group).or_default().push(plan.user);
        }
        for membership in &diff.joined {
            *written.groups.entry(membership.group).or_default() += 1;
            joined.push(MembershipRow::new(account.id, plan.user, membership));
        }
        for membership in &diff.changed {
            if has_other_flags(&plan.before, membership) {
                written.groups.entry(membership.group).or_default();
            }
            let row = MembershipRow::new(account.id, plan.user, membership);
            let key = (membership.group, row.is_primary, row.group_admin, row.can_send, row.origins.clone());
            changed.entry(key).or_insert_with(|| (row, Vec::new())).1.push(plan.user);
        }
    }
    let is_counted = |group: &Id| *group != account.default_group && held.is_none_or(|held| held.stored.id.0 != *group);
    let touched: Vec<Id> = written.groups.keys().copied().filter(is_counted).collect();
    let locked = if touched.is_empty() { Vec::new() } else { tx.lock_groups(account.id, &touched).await? };
    let taking: BTreeSet<Id> = joined.iter().map(|row| row.group_id.0).collect();
    check_open(&locked, held, &touched, &taking)?;
    for (group, users) in &left {
        tx.delete_memberships(account.id, *group, users).await?;
    }
    // One user has one primary membership at any time: the old one ends before the new one begins.
    for (row, users) in changed.values().filter(|(row, _)| !row.is_primary) {
        tx.update_memberships(row, users).await?;
    }
    if !joined.is_empty() {
        tx.insert_memberships(&joined).await?;
    }
    for (row, users) in changed.values().filter(|(row, _)| row.is_primary) {
        tx.update_memberships(row, users).await?;
    }
    for group in &locked {
        let id = group.stored.id.0;
        let growth = written.groups.get(&id).copied().unwrap_or_default();
        tx.bump_group(account.id, id, growth, request.now.max(group.stored.last_modified)).await?;
    }
    if account.policies.grant_roles.is_on() {
        inherit(tx, account.id, plans).await?;
    }
    Ok(written)
}

fn has_other_flags(before: &Memberships, membership: &Membership) -> bool {
    let old = before.list.iter().find(|old| old.group == membership.group);
    old.is_some_and(|old| (old.group_admin, old.can_send) != (membership.group_admin, membership.can_send))
}

/// Groups that take members must be there and not archived.
fn check_open(
    locked: &[StoredGroup],
    held: Option<&StoredGroup>,
    touched: &[Id],
    taking: &BTreeSet<Id>,
) -> Result<(), Error> {
    if let Some(lost) = touched.iter().find(|id| !locked.iter().any(|group| group.stored.id.0 == **id)) {
        return Err(StorageError::Contention(format!("group {lost} was deleted meanwhile")).into());
    }
    let closed = locked.iter().chain(held).find(|group| group.archived && taking.contains(&group.stored.id.0));
    match closed {
        Some(group) => Err(Guard::GroupArchived { name: name_of(group) }.into()),
        None => Ok(()),
    }
}

/// The displayName of a stored group.
pub fn name_of(group: &StoredGroup) -> String {
    let body: Option<serde_json::Value> = from_json(&group.stored.body).ok();
    let name = body.as_ref().and_then(|body| body.get("displayName")).and_then(serde_json::Value::as_str);
    name.unwrap_or_default().to_owned()
}

/// Whether one of the groups makes its members administrators (P-01).
pub async fn make_admin(tx: &mut Tx<'_>, account: &Account, memberships: &Memberships) -> Result<bool, Error> {
    if !account.policies.grant_roles.is_on() {
        return Ok(false);
    }
    let granting = tx.groups_that_grant_admin(account.id).await?;
    Ok(memberships.list.iter().any(|held| granting.iter().any(|group| group.0 == held.group)))
}

/// Recalculates who is an administrator through a group (P-01), and notes who is not any more.
async fn inherit(tx: &mut Tx<'_>, account: Id, plans: &[Plan]) -> Result<(), Error> {
    let granting: BTreeSet<Id> = tx.groups_that_grant_admin(account).await?.into_iter().map(Id::from).collect();
    let inherits = |memberships: &Memberships| memberships.list.iter().any(|held| granting.contains(&held.group));
    let gains = |plan: &&Plan| inherits(&plan.after) && !inherits(&plan.before);
    let loses = |plan: &&Plan| inherits(&plan.before) && !inherits(&plan.after);
    let gaining: Vec<Id> = plans.iter().filter(gains).map(|plan| plan.user).collect();
    let losing: Vec<Id> = plans.iter().filter(loses).map(|plan| plan.user).collect();
    if !gaining.is_empty() {
        tx.set_is_admin(account, &gaining, true).await?;
    }
    lose(tx, account, &losing).await
}

/// Users who inherit the role of an administrator no longer; their own roles stay.
pub async fn lose(tx: &mut Tx<'_>, account: Id, losing: &[Id]) -> Result<(), Error> {
    for chunk in losing.chunks(1_000) {
        let only_inherited: Vec<_> =
            tx.users(account, chunk).await?.into_iter().filter(|user| !user.placement.direct_admin).collect();
        let active = only_inherited.iter().filter(|user| user.placement.is_admin && user.placement.status == "active");
        let lost: Vec<(Id, Option<Id>)> =
            active.map(|user| (user.stored.id.0, user.placement.organization_id.map(Id::from))).collect();
        tx.ledger.admins_lost.extend(lost);
        let ids: Vec<Id> = only_inherited.iter().map(|user| user.stored.id.0).collect();
        tx.set_is_admin(account, &ids, false).await?;
    }
    Ok(())
}
