//! Changes of organization and roles that are put off to a quiet hour: visible, and cancellable until then.
//!
//! Every server looks for those that are due; a row is carried out by whoever locks it first. The guardrails are judged
//! when the hour has come, because the account may have changed meanwhile.

use super::{Error, Page, Request, Said, UserFields, Window, edit_user};
use crate::domain::{Change, Id, Subject};
use crate::provisioning::{self, Service, administrator};
use crate::storage::rows::{ScheduledChangeRow, from_json, to_json};
use crate::storage::{Error as StorageError, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// What will be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Later {
    /// By name or id.
    Organization(String),
    /// By name or key.
    Roles(Vec<String>),
}

impl Later {
    fn fields(&self) -> UserFields {
        match self {
            Self::Organization(name) => UserFields { organization: Said::Is(name.clone()), ..UserFields::default() },
            Self::Roles(roles) => UserFields { roles: Said::Is(roles.clone()), ..UserFields::default() },
        }
    }
}

/// Puts a change off. It is tried and undone first, so that a wrong name is refused now and not at night.
pub async fn put_off(
    tx: &mut Tx<'_>,
    request: &Request,
    user: Id,
    change: &Later,
    effective_at: i64,
) -> Result<ScheduledChangeRow, Error> {
    if effective_at <= request.now {
        return Err(Error::Invalid { field: "effectiveAt", detail: "effectiveAt must be in the future." });
    }
    tx.begin_part().await?;
    let tried = edit_user(tx, request, user, &change.fields()).await;
    tx.end_part(false).await?;
    tried?;
    let caller = &request.caller;
    let row = ScheduledChangeRow {
        account_id: caller.account.into(),
        id: Id::new().into(),
        user_id: user.into(),
        effective_at,
        change: to_json(change),
        actor_user_id: caller.user.map(Into::into),
        state: "pending".to_owned(),
        outcome: None,
        version: 1,
    };
    tx.insert_scheduled_change(&row).await?;
    note(tx, request, "user.change_scheduled", &row, json!(effective_at));
    Ok(row)
}

/// In order of creation, those of all users or of one.
pub async fn scheduled(
    tx: &mut Tx<'_>,
    request: &Request,
    user: Option<Id>,
    window: &Window,
) -> Result<Page<ScheduledChangeRow>, Error> {
    let account = request.caller.account;
    let rows = tx.scheduled_changes(account, user, window.after_id()?, window.rows()).await?;
    Ok(Page::new(rows, window, |row| row.id.0.to_string()))
}

/// Cancels a change that has not been made yet.
pub async fn cancel(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    let account = request.caller.account;
    let Some(row) = tx.pending_change_locked(account, id).await? else {
        return Err(match tx.scheduled_change(account, id).await? {
            Some(_) => Error::Invalid { field: "id", detail: "This change was made, refused or cancelled already." },
            None => Error::NotVisible { what: "scheduled change", id: id.to_string() },
        });
    };
    request.check_version(row.version)?;
    tx.finish_scheduled_change(account, id, "cancelled", None).await?;
    note(tx, request, "user.change_cancelled", &row, Value::Null);
    Ok(())
}

fn note(tx: &mut Tx<'_>, request: &Request, action: &'static str, row: &ScheduledChangeRow, to: Value) {
    let field = "scheduledChange".to_owned();
    let change = Change { field, from: from_json(&row.change).unwrap_or_default(), to, by: None };
    let subject = Subject::new("user", row.user_id.0);
    tx.ledger.audit.push(request.provisioning().entry(action, subject, vec![change]));
}

/// Carries out what is due; how many changes that were. A change that is refused says why, and is not tried again.
pub async fn run_due(service: &Service, now: i64) -> Result<usize, StorageError> {
    let due = service.db.read(async move |tx: &mut Tx<'_>| tx.due_changes(now, 100).await).await?;
    let count = due.len();
    for (account, id) in due {
        let (account, id) = (account.0, id.0);
        let of = service.clone();
        let done = service.db.write(async move |tx: &mut Tx<'_>| run_one(tx, &of, account, id, now).await).await;
        match done {
            Ok(()) => {}
            Err(Error::Storage(error)) => return Err(error),
            Err(Error::Provisioning(provisioning::Error::Storage(error))) => return Err(error),
            Err(refused) => {
                let why = refused.to_string();
                let end =
                    async move |tx: &mut Tx<'_>| tx.finish_scheduled_change(account, id, "refused", Some(&why)).await;
                service.db.write(end).await?;
            }
        }
    }
    Ok(count)
}

async fn run_one(tx: &mut Tx<'_>, service: &Service, account: Id, id: Id, now: i64) -> Result<(), Error> {
    let Some(row) = tx.pending_change_locked(account, id).await? else { return Ok(()) };
    let Some(tenant) = tx.account(account).await? else { return Ok(()) };
    let actor: Option<Id> = row.actor_user_id.map(Id::from);
    // Nobody asks now: the change stands in the audit trail under its own id.
    let caller = administrator(Arc::new(tenant.account()?), id, actor, id.to_string().into());
    let request = Request { caller, now, if_match: None, service: service.clone() };
    let change: Later = from_json(&row.change)?;
    edit_user(tx, &request, row.user_id.0, &change.fields()).await?;
    tx.finish_scheduled_change(account, id, "done", None).await?;
    Ok(())
}
