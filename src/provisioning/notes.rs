//! What one request was found to be while it was served: for the provisioning log and the metrics, which are written when
//! it is over.

use crate::domain::{AuditEntry, Id};
use crate::scim::quirk::Quirk;
use serde_json::Value;
use std::sync::{Mutex, MutexGuard};

/// Quirks of one request that are noted: a body of 90,000 attributes says no more than a few.
const MOST_QUIRKS: usize = 20;

/// Shared by whoever serves the request and whoever writes it down.
#[derive(Debug, Default)]
pub struct Notes(Mutex<Noted>);

#[derive(Debug, Clone, Default)]
pub struct Noted {
    /// Whose request it is, as far as that is known; also when the credential is known and no longer good.
    pub caller: Option<NotedCaller>,
    pub quirks: Vec<Quirk>,
    /// What was changed.
    pub changes: Vec<NotedChange>,
    /// The operations of a bulk request that were refused.
    pub failures: Vec<NotedFailure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotedCaller {
    pub account: Id,
    pub connection: Id,
    /// The credential.
    pub token: Id,
}

/// An entry of the audit trail in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedChange {
    /// Such as `user.updated`.
    pub action: &'static str,
    pub subject: String,
    pub fields: Vec<String>,
}

/// An operation of a bulk request that was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct NotedFailure {
    /// Its place in the answer, from 0.
    pub place: usize,
    pub method: Value,
    pub bulk_id: Option<String>,
    /// The error message.
    pub response: Value,
}

impl Notes {
    pub fn caller(&self, caller: NotedCaller) {
        self.lock().caller = Some(caller);
    }

    /// Whether it is known whose request it is.
    pub fn has_caller(&self) -> bool {
        self.lock().caller.is_some()
    }

    /// The same quirk counts once in a request.
    pub fn quirks(&self, quirks: impl IntoIterator<Item = Quirk>) {
        let mut noted = self.lock();
        for quirk in quirks {
            if noted.quirks.len() < MOST_QUIRKS && !noted.quirks.contains(&quirk) {
                noted.quirks.push(quirk);
            }
        }
    }

    /// The quirks of a known caller, when there are any.
    pub fn seen(&self) -> Option<(NotedCaller, Vec<Quirk>)> {
        let noted = self.lock();
        noted.caller.filter(|_| !noted.quirks.is_empty()).map(|caller| (caller, noted.quirks.clone()))
    }

    /// What the transaction has written down so far. The last word counts, because a transaction may run more than once.
    pub fn changes(&self, audit: &[AuditEntry]) {
        let short = |entry: &AuditEntry| NotedChange {
            action: entry.action,
            subject: entry.subject.id.clone(),
            fields: entry.changes.iter().map(|change| change.field.clone()).collect(),
        };
        self.lock().changes = audit.iter().map(short).collect();
    }

    pub fn failures(&self, failures: Vec<NotedFailure>) {
        self.lock().failures = failures;
    }

    /// Everything that was noted.
    pub fn take(&self) -> Noted {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
