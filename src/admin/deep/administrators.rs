//! What hangs on policies and on what was before: who may be without an organization, and whether there ever was an
//! administrator. The audit trail and the change feed know.

use super::{LIMIT, Offenders};
use crate::domain::{Account, Fallback, GuardScope, Id};
use crate::storage::rows::{AccountRow, AuditRow, from_json};
use crate::storage::{AuditQuery, Error, Tx, deep::AdminEvent};
use serde_json::Value;

/// Entries of the trail about one subject that are looked at, the newest of them.
const ENTRIES: i64 = 1_000;

/// Events that are looked at together.
const EVENTS: i64 = 500;

/// Users without an organization where nobody may ever have been parked.
pub async fn parked(tx: &mut Tx<'_>, found: &mut Offenders) -> Result<(), Error> {
    for account in readable_accounts(tx).await? {
        let parked = tx.parked_users(account.id, LIMIT).await?;
        if parked.is_empty() || account.policies.fallback == Fallback::Park {
            continue;
        }
        // Whoever was parked under another policy stays so until he is changed.
        if !was_set(tx, &account, "organization.fallback").await? {
            found.add(parked);
        }
    }
    Ok(())
}

/// Accounts, and organizations where each needs one, that had an active administrator and have none.
pub async fn lost(tx: &mut Tx<'_>, found: &mut Offenders) -> Result<(), Error> {
    for account in readable_accounts(tx).await? {
        if !tx.has_active_admin(account.id, None).await? {
            if let Some(user) = last_known(tx, &account).await? {
                found.push(Some(account.id), Some(user), None);
            }
        } else if account.policies.last_admin_scope == GuardScope::Organization {
            lost_in_organizations(tx, &account, found).await?;
        }
    }
    Ok(())
}

/// An organization's last administrator cannot have been deactivated, unless the guard did not look at organizations then.
async fn lost_in_organizations(tx: &mut Tx<'_>, account: &Account, found: &mut Offenders) -> Result<(), Error> {
    for idle in tx.idle_admins(account.id, ENTRIES).await? {
        let Some(user) = idle.id.map(Id::from) else { continue };
        // His row and the trail disagree: nobody deactivated him.
        if status_in(&trail(tx, account, &user.to_string()).await?).as_deref() == Some("active") {
            found.push(Some(account.id), Some(user), None);
        }
    }
    Ok(())
}

async fn readable_accounts(tx: &mut Tx<'_>) -> Result<Vec<Account>, Error> {
    // Those that cannot be read are another check's.
    Ok(tx.accounts().await?.into_iter().filter_map(|row| AccountRow::account(row).ok()).collect())
}

/// Whether a policy of the account was ever another one.
async fn was_set(tx: &mut Tx<'_>, account: &Account, policy: &str) -> Result<bool, Error> {
    let trail = trail(tx, account, &account.id.to_string()).await?;
    Ok(trail.iter().any(|entry| entry.changes.contains(&format!("\"{policy}\""))))
}

/// Somebody who was an active administrator once, as the change feed tells.
async fn last_known(tx: &mut Tx<'_>, account: &Account) -> Result<Option<Id>, Error> {
    for role in account.catalogue.roles.iter().filter(|role| role.is_admin) {
        let mut after = 0;
        loop {
            let events = tx.admin_events(account.id, &role.key, after, EVENTS).await?;
            let Some(last) = events.last() else { break };
            after = last.sequence;
            for event in &events {
                if shows_admin(tx, account, event, &role.key).await? {
                    return Ok(event.user.parse().ok());
                }
            }
        }
    }
    Ok(None)
}

async fn shows_admin(tx: &mut Tx<'_>, account: &Account, event: &AdminEvent, role: &str) -> Result<bool, Error> {
    let data: Value = from_json(&event.data)?;
    let lists = |name: &str| data[name].as_array().is_some_and(|roles| roles.iter().any(|given| given == role));
    if event.kind == "user.created" {
        return Ok(lists("roles") && data["status"] == "active");
    }
    if !lists("to") {
        return Ok(false);
    }
    let mut trail = trail(tx, account, &event.user).await?;
    // The newest first: what came behind the request that gave the role does not count.
    let given = trail.iter().position(|entry| entry.request_id == event.request_id).unwrap_or_default();
    Ok(status_in(&trail.split_off(given)).as_deref() == Some("active"))
}

/// The newest first.
async fn trail(tx: &mut Tx<'_>, account: &Account, subject: &str) -> Result<Vec<AuditRow>, Error> {
    let query = AuditQuery { subject: Some(subject.to_owned()), limit: ENTRIES, ..AuditQuery::default() };
    tx.audit(account.id, &query).await
}

/// The status that the newest of these entries says.
fn status_in(trail: &[AuditRow]) -> Option<String> {
    trail.iter().find_map(|entry| {
        let changes: Vec<Value> = from_json(&entry.changes).ok()?;
        let status = changes.into_iter().rev().find(|change| change["field"] == "status")?;
        Some(status["to"].as_str()?.to_owned())
    })
}
