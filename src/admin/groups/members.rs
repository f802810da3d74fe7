//! The members of a group, changed through the group: automatic reassignment out of Default may fire here.

use super::list::member;
use super::show::{find, one};
use super::view::{MemberView, MembersChanged, Moved};
use crate::admin::users::{Named, check_leaving, check_live, live_user, reference};
use crate::admin::{Error, Request, through};
use crate::domain::Id;
use crate::provisioning::Groups;
use crate::scim::urn;
use crate::storage::Tx;
use crate::storage::rows::MembershipRow;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// A user to add, or flags to set.
#[derive(Debug, Clone)]
pub struct MemberWanted {
    pub user: Id,
    pub group_admin: Option<bool>,
    pub can_send: Option<bool>,
}

/// Adds and removes members together: one transaction, one entry in the audit trail.
pub async fn change_members(
    tx: &mut Tx<'_>,
    request: &Request,
    group: Id,
    add: &[MemberWanted],
    remove: &[Id],
) -> Result<MembersChanged, Error> {
    let account = request.caller.account;
    find(tx, request, group).await?;
    let adding: BTreeSet<Id> = add.iter().map(|wanted| wanted.user).collect();
    if remove.iter().any(|user| adding.contains(user)) {
        let detail = "A user cannot be added and removed in one request. Leave him out of one of the lists.";
        return Err(Error::Invalid { field: "remove", detail });
    }
    // In order of the ids, as everywhere, so that no two requests wait for each other.
    let users: BTreeSet<Id> = adding.iter().chain(remove).copied().collect();
    let users: Vec<Id> = users.into_iter().collect();
    let known = tx.lock_users(account, &users).await?;
    let strangers: Vec<Id> = users.iter().copied().filter(|user| known.binary_search(user).is_err()).collect();
    check_live(tx, request, &strangers).await?;
    check_leaving(tx, request, group, remove).await?;
    let before = tx.memberships_of(account, &adding.iter().copied().collect::<Vec<_>>()).await?;
    let operations = operations(add, remove);
    if operations.is_empty() {
        let shown = one(tx, request, group).await?;
        request.check_version(shown.version)?;
        return Ok(MembersChanged { group: shown, moved: Vec::new() });
    }
    through::patch::<Groups>(tx, &request.provisioning(), group, operations, request.if_match.clone()).await?;
    let moved = moved(tx, request, before).await?;
    Ok(MembersChanged { group: one(tx, request, group).await?, moved })
}

fn operations(add: &[MemberWanted], remove: &[Id]) -> Vec<Value> {
    let named = |user: &Id| json!({ "value": user.to_string() });
    let mut operations = Vec::new();
    if !remove.is_empty() {
        let value: Value = remove.iter().map(named).collect();
        operations.push(json!({ "op": "remove", "path": "members", "value": value }));
    }
    if !add.is_empty() {
        let value: Value = add.iter().map(|wanted| named(&wanted.user)).collect();
        operations.push(json!({ "op": "add", "path": "members", "value": value }));
    }
    let flagged = add.iter().filter(|wanted| wanted.group_admin.is_some() || wanted.can_send.is_some());
    let settings: Vec<Value> = flagged.map(setting).collect();
    if !settings.is_empty() {
        operations.push(json!({ "op": "add", "path": settings_path(), "value": settings }));
    }
    operations
}

fn settings_path() -> String {
    format!("{}:memberSettings", urn::CONNECTOR_GROUP)
}

fn setting(wanted: &MemberWanted) -> Value {
    let mut setting = json!({ "value": wanted.user.to_string() });
    for (name, flag) in [("groupAdmin", wanted.group_admin), ("canSend", wanted.can_send)] {
        if let Some(flag) = flag {
            setting[name] = flag.into();
        }
    }
    setting
}

/// Which of these memberships are no more.
async fn moved(tx: &mut Tx<'_>, request: &Request, before: Vec<MembershipRow>) -> Result<Vec<Moved>, Error> {
    let account = request.caller.account;
    let users: BTreeSet<Id> = before.iter().map(|row| row.user_id.0).collect();
    let users: Vec<Id> = users.into_iter().collect();
    let after: BTreeSet<(Id, Id)> =
        tx.memberships_of(account, &users).await?.into_iter().map(|row| (row.user_id.0, row.group_id.0)).collect();
    let left: Vec<(Id, Id)> = before.into_iter().map(|row| (row.user_id.0, row.group_id.0)).collect();
    let left: Vec<(Id, Id)> = left.into_iter().filter(|pair| !after.contains(pair)).collect();
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let groups: BTreeSet<Id> = left.iter().map(|(_, group)| *group).collect();
    let names = tx.group_names(account, &groups.into_iter().collect::<Vec<_>>()).await?;
    let names: HashMap<Id, String> = names.into_iter().map(|(id, name)| (id.0, name)).collect();
    let mut bodies = HashMap::new();
    for chunk in left.chunks(1_000) {
        let users: Vec<Id> = chunk.iter().map(|(user, _)| *user).collect();
        let rows = tx.users(account, &users).await?;
        bodies.extend(rows.into_iter().map(|user| (user.stored.id.0, user.stored.body)));
    }
    let mut moved = Vec::with_capacity(left.len());
    for (user, group) in left {
        let name = names.get(&group).cloned().unwrap_or_default();
        let user = reference(user, bodies.get(&user).map_or("{}", String::as_str))?;
        moved.push(Moved { user, from: Named { id: group.to_string(), name } });
    }
    Ok(moved)
}

/// Sets the flags of a membership. The condition of the request is about the group.
pub async fn change_member(
    tx: &mut Tx<'_>,
    request: &Request,
    group: Id,
    wanted: &MemberWanted,
) -> Result<MemberView, Error> {
    let found = find(tx, request, group).await?;
    of_group(tx, request, group, wanted.user).await?;
    if wanted.group_admin.is_none() && wanted.can_send.is_none() {
        request.check_version(found.stored.version)?;
    } else {
        let operation = json!({ "op": "add", "path": settings_path(), "value": [setting(wanted)] });
        let request = (request.provisioning(), request.if_match.clone());
        through::patch::<Groups>(tx, &request.0, group, vec![operation], request.1).await?;
    }
    of_group(tx, request, group, wanted.user).await
}

/// A member; whoever is none is not there.
async fn of_group(tx: &mut Tx<'_>, request: &Request, group: Id, user: Id) -> Result<MemberView, Error> {
    let stored = live_user(tx, request, user).await?;
    let rows = tx.memberships_of(request.caller.account, &[user]).await?;
    match rows.iter().find(|row| row.group_id.0 == group) {
        Some(row) => member(row, &stored),
        None => Err(Error::NotVisible { what: "member", id: user.to_string() }),
    }
}
