//! What a transaction has done, for those who read it later: entries of the audit trail for people, events for programs.

use super::{Actor, Id};
use serde::Serialize;
use serde_json::Value;

/// An entry of the audit trail: append-only, written with the change itself.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub account: Id,
    pub actor: Actor,
    pub request_id: String,
    pub connection: Option<Id>,
    /// Such as `user.created`.
    pub action: &'static str,
    pub subject: Subject,
    pub changes: Vec<Change>,
    /// The reason that was given.
    pub why: Option<String>,
}

/// What changed from what to what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    pub field: String,
    pub from: Value,
    pub to: Value,
    /// Who or what decided it, such as `rule:<id>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// An event of the change feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub account: Id,
    pub at: i64,
    /// Such as `user.organization_changed`.
    pub kind: &'static str,
    /// Why the product did it by itself, such as `auto_reassign`.
    pub cause: Option<&'static str>,
    pub subject: Subject,
    /// The version of the resource after the change.
    pub version: i64,
    pub data: Value,
    pub request_id: String,
}

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `user`, `group`, `organization`, `settings_set`, `role`, `connection`, `account`.
    pub kind: &'static str,
    pub id: String,
}

impl Subject {
    pub fn new(kind: &'static str, id: impl ToString) -> Self {
        Self { kind, id: id.to_string() }
    }
}

/// What a transaction has to write and to check at its end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ledger {
    pub audit: Vec<AuditEntry>,
    pub events: Vec<Event>,
    /// Active administrators that the transaction took away, and their organizations; `None` for one without.
    pub admins_lost: Vec<(Id, Option<Id>)>,
}

impl Ledger {
    /// How far it is written: what comes after belongs to a part that can be undone.
    pub fn mark(&self) -> [usize; 3] {
        [self.audit.len(), self.events.len(), self.admins_lost.len()]
    }

    /// Forgets what came after a mark.
    pub fn cut(&mut self, mark: [usize; 3]) {
        self.audit.truncate(mark[0]);
        self.events.truncate(mark[1]);
        self.admins_lost.truncate(mark[2]);
    }
}
