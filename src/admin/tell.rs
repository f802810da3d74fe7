//! What an administrator's change writes into the audit trail and the change feed.

use super::Request;
use crate::domain::{Change, Subject};
use crate::storage::Tx;
use serde_json::Value;

/// Notes an entry and an event of the same name. They are written at the end of the transaction.
pub fn tell(
    tx: &mut Tx<'_>,
    request: &Request,
    kind: &'static str,
    subject: Subject,
    version: i64,
    changes: Vec<Change>,
    data: Value,
) {
    note(tx, request, kind, subject.clone(), changes);
    tx.ledger.events.push(request.provisioning().event(kind, None, subject, version, data));
}

/// Notes an entry that programs need not hear of.
pub fn note(tx: &mut Tx<'_>, request: &Request, action: &'static str, subject: Subject, changes: Vec<Change>) {
    tx.ledger.audit.push(request.provisioning().entry(action, subject, changes));
}
