//! Roles that members inherit from their groups (P-01).

use crate::domain::{Account, Id};
use crate::provisioning::{Error, memberships};
use crate::storage::Tx;
use crate::storage::rows::{StoredGroup, from_json};
use std::collections::BTreeSet;

/// Whether one of the roles makes an administrator.
pub fn has_admin(keys: &[String], account: &Account) -> bool {
    keys.iter().filter_map(|key| account.catalogue.by_key(key)).any(|role| role.is_admin)
}

/// Recalculates who is an administrator after a group has begun or ceased to make its members administrators.
pub async fn recalculate(tx: &mut Tx<'_>, account: Id, group: Id, grants_admin: bool) -> Result<(), Error> {
    let members = tx.members(account, group).await?;
    // After the group, against the order: it is seldom, and whoever waits in a circle begins again. A role of their own
    // must not change meanwhile.
    tx.lock_users(account, &members).await?;
    if grants_admin {
        return Ok(tx.set_is_admin(account, &members, true).await?);
    }
    let others: BTreeSet<Id> =
        tx.groups_that_grant_admin(account).await?.into_iter().map(Id::from).filter(|id| *id != group).collect();
    let mut losing = Vec::new();
    for (user, held) in memberships::load(tx, account, &members).await? {
        if !held.list.iter().any(|held| others.contains(&held.group)) {
            losing.push(user);
        }
    }
    memberships::lose(tx, account, &losing).await
}

/// Recalculates who is an administrator after groups have begun or ceased to grant roles at all (P-01).
pub async fn switch(tx: &mut Tx<'_>, account: Id, grants: bool) -> Result<(), Error> {
    let groups: Vec<Id> = tx.groups_that_grant_admin(account).await?.into_iter().map(Id::from).collect();
    if groups.is_empty() {
        return Ok(());
    }
    let members: BTreeSet<Id> = tx.members_of_all(account, &groups).await?.into_iter().map(|(_, user)| user).collect();
    let members: Vec<Id> = members.into_iter().collect();
    tx.lock_users(account, &members).await?;
    if grants {
        Ok(tx.set_is_admin(account, &members, true).await?)
    } else {
        memberships::lose(tx, account, &members).await
    }
}

/// The members who have no role at all without this group.
pub async fn stripped(tx: &mut Tx<'_>, account: &Account, group: &StoredGroup) -> Result<Vec<Id>, Error> {
    let own: Vec<String> = from_json(&group.roles)?;
    if own.is_empty() || !account.policies.grant_roles.is_on() {
        return Ok(Vec::new());
    }
    let id = group.stored.id.0;
    let others: BTreeSet<Id> = tx
        .groups_with_roles(account.id)
        .await?
        .into_iter()
        .map(|(other, _)| other.0)
        .filter(|other| *other != id)
        .collect();
    let members = tx.members(account.id, id).await?;
    let mut found = Vec::new();
    for chunk in members.chunks(1_000) {
        let held = memberships::load(tx, account.id, chunk).await?;
        for user in tx.users(account.id, chunk).await? {
            let user_id = user.stored.id.0;
            let has_direct = user.placement.placement()?.roles.iter().any(|grant| grant.effective().is_some());
            let inherits =
                held.get(&user_id).is_some_and(|held| held.list.iter().any(|held| others.contains(&held.group)));
            if !has_direct && !inherits {
                found.push(user_id);
            }
        }
    }
    Ok(found)
}
