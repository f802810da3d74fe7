//! DELETE /Groups/{id} (RFC 7644 §3.6): gone, or archived (P-12). Whoever is left without a group is in Default.

use super::change::{change, check_scope, load};
use super::members::MemberChanges;
use super::members::Outcome;
use super::roles::stripped;
use super::tell::tell;
use crate::domain::{Actor, GroupDelete, Guard, Id, Origin};
use crate::provisioning::memberships::{self, Plan, name_of};
use crate::provisioning::{Error, Request, rules};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::schema::CONNECTOR_GROUP;
use crate::storage::{Error as StorageError, Tx};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
    let account = &request.caller.tenant;
    check_scope(request)?;
    if id == account.default_group {
        return Err(Guard::DefaultGroupProtected("deleted").into());
    }
    if account.policies.group_delete == GroupDelete::Archive {
        change(tx, request, id, condition, &MemberChanges::default(), |old| Ok(archived(old))).await?;
        return Ok(());
    }
    // Members before the group, as everywhere; who comes in between makes it begin again.
    let version = tx.group(account.id, id).await?.map(|group| group.stored.version);
    let members = tx.members(account.id, id).await?;
    tx.lock_users(account.id, &members).await?;
    let group = load(tx, request, id, condition).await?.group;
    if version != Some(group.stored.version) {
        return Err(StorageError::Contention("the group was changed meanwhile".to_owned()).into());
    }
    let stripped = stripped(tx, account, &group).await?;
    confirm(tx, request, id, &stripped).await?;
    let mut plans = Vec::new();
    let mut outcome = Outcome { removed: members.clone(), ..Outcome::default() };
    for (user, before) in memberships::load(tx, account.id, &members).await? {
        let mut after = before.clone();
        // The group goes, whoever gave the memberships.
        after.leave(id, Origin::Admin(None));
        after.settle(account.default_group, request.now);
        if before.primary() != after.primary() {
            outcome.primaries.push((user, before.primary(), after.primary()));
        }
        plans.push(Plan { user, before, after });
    }
    let written = memberships::write(tx, request, &plans, Some(&group)).await?;
    tx.bump_users(account.id, &written.users, request.now).await?;
    rules::forget(tx, account.id, id).await?;
    tx.delete_group(account.id, &group).await?;
    let name = name_of(&group);
    tell(tx, request, "group.deleted", id, group.stored.version + 1, Vec::new(), &outcome);
    if !stripped.is_empty() {
        let users: Vec<String> = stripped.iter().map(Id::to_string).collect();
        let subject = crate::domain::Subject::new("group", id);
        let data = json!({ "name": name, "users": users });
        let event = request.event("group.access_stripped", None, subject, group.stored.version + 1, data);
        tx.ledger.events.push(event);
    }
    Ok(())
}

/// An administrator repeats the request with the word that the refusal gives him, which is good for these users only. A
/// connection cannot answer a question; the event tells whom it concerned.
async fn confirm(tx: &mut Tx<'_>, request: &Request, group: Id, stripped: &[Id]) -> Result<(), Error> {
    if stripped.is_empty() || matches!(request.caller.actor, Actor::Connection(_)) {
        return Ok(());
    }
    let listed: Vec<String> = stripped.iter().map(Id::to_string).collect();
    let digest = Sha256::digest(format!("{group} {}", listed.join(" ")).as_bytes());
    let confirm = URL_SAFE_NO_PAD.encode(&digest[..12]);
    if request.confirm.as_deref() == Some(confirm.as_str()) {
        return Ok(());
    }
    let some: Vec<Id> = stripped.iter().take(5).copied().collect();
    let mut names = Vec::new();
    for user in tx.users(request.caller.account, &some).await? {
        let body: Object = crate::storage::rows::from_json(&user.stored.body)?;
        names.push(body.get("userName").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned());
    }
    if stripped.len() > some.len() {
        names.push(format!("and {} more", stripped.len() - some.len()));
    }
    let users = stripped.to_vec();
    Err(Guard::GroupDeleteStripsAccess { count: users.len(), names: names.join(", "), confirm, users }.into())
}

fn archived(old: &Object) -> Object {
    let mut new = old.clone();
    let extension = new.entry(CONNECTOR_GROUP.id).or_insert_with(|| Object::new().into());
    extension["archived"] = true.into();
    new
}
