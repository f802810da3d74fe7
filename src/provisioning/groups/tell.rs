//! What a change of a group writes into the audit trail and the change feed.

use super::members::Outcome;
use crate::domain::{Change, Id, Subject};
use crate::provisioning::Request;
use crate::storage::Tx;
use serde_json::{Value, json};

/// Ids that one entry lists; of more it tells the number.
const LISTED: usize = 1_000;

/// Notes one audit entry for everything that a request did to a group, and the events.
pub fn tell(
    tx: &mut Tx<'_>,
    request: &Request,
    action: &'static str,
    group: Id,
    version: i64,
    mut changes: Vec<Change>,
    members: &Outcome,
) {
    let subject = Subject::new("group", group);
    if action != "group.updated" || !changes.is_empty() {
        let names: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        tx.ledger.events.push(request.event(action, None, subject.clone(), version, json!({ "attributes": names })));
    }
    if !members.added.is_empty() || !members.removed.is_empty() {
        let data = json!({
            "added": ids(&members.added),
            "removed": ids(&members.removed),
            "addedCount": members.added.len(),
            "removedCount": members.removed.len(),
        });
        let event = request.event("group.members_changed", None, subject.clone(), version, data);
        tx.ledger.events.push(event);
        let by = Some(request.caller.actor.origin().to_string());
        let (from, to) = (ids(&members.removed), ids(&members.added));
        changes.push(Change { field: "members".to_owned(), from, to, by });
    }
    primary_changes(tx, request, &subject, version, members);
    tx.ledger.audit.push(request.entry(action, subject, changes));
}

fn primary_changes(tx: &mut Tx<'_>, request: &Request, group: &Subject, version: i64, members: &Outcome) {
    let default = request.caller.tenant.default_group;
    let cause_of = |from: Option<Id>, to: Option<Id>| match (from, to) {
        (_, Some(to)) if to == default => "fallback",
        (Some(from), Some(to)) if from == default && group.id == to.to_string() => "auto_reassign",
        (Some(_), Some(to)) if group.id == to.to_string() => "moved",
        _ => "oldest_remaining",
    };
    for cause in ["auto_reassign", "moved", "fallback", "oldest_remaining"] {
        let text = |id: Option<Id>| id.map(|id| id.to_string());
        let changed: Vec<Value> = members
            .primaries
            .iter()
            .filter(|(_, from, to)| cause_of(*from, *to) == cause)
            .take(LISTED)
            .map(|(user, from, to)| json!({ "user": user.to_string(), "from": text(*from), "to": text(*to) }))
            .collect();
        if !changed.is_empty() {
            let data = json!({ "users": changed });
            let event = request.event("membership.primary_changed", Some(cause), group.clone(), version, data);
            tx.ledger.events.push(event);
        }
    }
}

fn ids(ids: &[Id]) -> Value {
    ids.iter().take(LISTED).map(|id| Value::from(id.to_string())).collect()
}
