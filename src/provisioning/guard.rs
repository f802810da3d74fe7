//! Guardrails that are judged on a whole transaction, at its end.

use super::{Error, Request};
use crate::domain::{Guard, GuardScope, Id};
use crate::storage::Tx;
use std::collections::BTreeSet;

/// Refuses a transaction that leaves nobody to administer the account, or an organization where the account wants one in
/// each, and notes what it changes. Whoever calls it commits next.
pub async fn settle(tx: &mut Tx<'_>, request: &Request) -> Result<(), Error> {
    request.caller.notes.changes(&tx.ledger.audit);
    if tx.ledger.admins_lost.is_empty() {
        return Ok(());
    }
    let account = &request.caller.tenant;
    let by_organization = account.policies.last_admin_scope == GuardScope::Organization;
    let lost: BTreeSet<Option<Id>> = if by_organization {
        tx.ledger.admins_lost.iter().map(|(_, organization)| *organization).collect()
    } else {
        BTreeSet::from([None])
    };
    check_self(tx, request).await?;
    // Two who are demoted at the same instant come here one after the other, and the second sees the first.
    tx.lock_account(account.id).await?;
    for organization in lost {
        if !tx.has_active_admin(account.id, organization).await? {
            return Err(Guard::LastActiveAdmin { organization: organization.is_some() }.into());
        }
    }
    Ok(())
}

/// An administrator does not demote himself by way of a group or a policy either.
async fn check_self(tx: &mut Tx<'_>, request: &Request) -> Result<(), Error> {
    let caller = &request.caller;
    let Some(user) = caller.user.filter(|user| tx.ledger.admins_lost.iter().any(|(lost, _)| lost == user)) else {
        return Ok(());
    };
    match tx.user(caller.account, user).await? {
        Some(holder) if holder.placement.placement()?.is_active_admin() => Ok(()),
        _ => Err(Guard::SelfRemoval("demote").into()),
    }
}
