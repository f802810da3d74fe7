//! What a change of a user writes into the audit trail and the change feed.

use crate::domain::{AuditEntry, Change, Event, Id, MembershipDiff, Origin, Placement, Status, Subject};
use crate::provisioning::memberships::Plan;
use crate::provisioning::{Error, Request};
use crate::scim::Object;
use crate::storage::Tx;
use serde_json::{Value, json};

/// A user before and after a change.
pub struct Told<'r> {
    pub id: Id,
    pub version: i64,
    pub before: Option<(&'r Object, &'r Placement)>,
    pub resource: &'r Object,
    pub placement: &'r Placement,
    pub memberships: Option<&'r Plan>,
    /// The removed record of the same person.
    pub previous: Option<Id>,
    /// His organizations with their names, where somebody has read them.
    pub organizations: Option<Vec<(Id, String)>>,
}

/// Notes one audit entry and the events. They are written at the end of the transaction.
pub async fn tell(tx: &mut Tx<'_>, request: &Request, mut told: Told<'_>) -> Result<(), Error> {
    let old = told.before.map(|(_, placement)| placement);
    let old_organization = old.and_then(|old| old.organization);
    let moved = old.is_none() || old_organization != told.placement.organization;
    let ids: Vec<Id> = [old_organization, told.placement.organization].into_iter().flatten().collect();
    let names = match told.organizations.take() {
        Some(names) => names,
        None if moved && !ids.is_empty() => {
            let named = tx.organization_names(request.caller.account, &ids).await?;
            named.into_iter().map(|(id, name, _)| (id.0, name)).collect()
        }
        None => Vec::new(),
    };
    let organization = |id: Option<Id>| match id {
        Some(id) => {
            let name = names.iter().find(|(known, _)| *known == id).map(|(_, name)| name.as_str());
            json!({ "id": id.to_string(), "name": name })
        }
        None => Value::Null,
    };
    let from_to = (organization(old_organization), organization(told.placement.organization));
    let told = &told;
    let changes = changes(told, old, moved.then_some(&from_to));
    let mut teller = Teller { tx, request, told };
    teller.events(old, moved, &from_to, &changes);
    teller.audit(action(told, old), changes);
    Ok(())
}

fn action(told: &Told<'_>, old: Option<&Placement>) -> &'static str {
    match (old.map(|old| old.status), told.placement.status) {
        (None, _) => "user.created",
        (Some(before), Status::Inactive) if before != Status::Inactive => "user.deactivated",
        (Some(Status::Inactive), after) if after != Status::Inactive => "user.reactivated",
        _ => "user.updated",
    }
}

fn changes(told: &Told<'_>, old: Option<&Placement>, moved: Option<&(Value, Value)>) -> Vec<Change> {
    let empty = Object::new();
    let before = told.before.map_or(&empty, |(resource, _)| resource);
    let mut changes = attribute_changes(before, told.resource);
    if let Some((from, to)) = moved {
        changes.push(change("organization", from.clone(), to.clone(), Some(told.placement.organization_origin)));
    }
    if old.is_none_or(|old| old.status != told.placement.status) {
        let from = old.map_or(Value::Null, |old| old.status.to_string().into());
        changes.push(change("status", from, told.placement.status.to_string().into(), None));
    }
    let old_roles = old.map(|old| old.roles.as_slice()).unwrap_or_default();
    for grant in &told.placement.roles {
        let before =
            old_roles.iter().find(|old| old.wish.value == grant.wish.value && old.wish.kind == grant.wish.kind);
        if before.is_none_or(|before| before.held != grant.held) {
            let from = before.map_or(Value::Null, |before| before.wish.value.as_str().into());
            let to = if grant.held { format!("{} (held)", grant.wish.value) } else { grant.wish.value.clone() };
            changes.push(change("roles", from, to.into(), grant.origins.last().copied()));
        }
    }
    for gone in old_roles {
        let stays =
            told.placement.roles.iter().any(|new| new.wish.value == gone.wish.value && new.wish.kind == gone.wish.kind);
        if !stays {
            changes.push(change("roles", gone.wish.value.as_str().into(), Value::Null, gone.origins.last().copied()));
        }
    }
    if let Some(plan) = told.memberships {
        let diff = MembershipDiff::between(&plan.before, &plan.after);
        for joined in &diff.joined {
            let to = json!({ "group": joined.group.to_string(), "primary": joined.primary });
            changes.push(change("memberships", Value::Null, to, joined.origins.last().copied()));
        }
        for left in &diff.left {
            changes.push(change("memberships", json!({ "group": left.to_string() }), Value::Null, None));
        }
        let (from, to) = (plan.before.primary(), plan.after.primary());
        if from != to {
            let text = |id: Option<Id>| id.map_or(Value::Null, |id| id.to_string().into());
            changes.push(change("primaryGroup", text(from), text(to), None));
        }
    }
    changes
}

fn change(field: &str, from: Value, to: Value, by: Option<Origin>) -> Change {
    Change { field: field.to_owned(), from, to, by: by.map(|origin| origin.to_string()) }
}

/// The attributes of a resource that differ, but for those that others tell of.
pub fn attribute_changes(before: &Object, after: &Object) -> Vec<Change> {
    let is_told = |name: &str| !matches!(name, "schemas" | "id" | "roles" | "meta");
    let mut changes: Vec<Change> = Vec::new();
    for (name, to) in after.iter().filter(|(name, _)| is_told(name)) {
        let from = before.get(name).cloned().unwrap_or(Value::Null);
        if &from != to {
            changes.push(change(name, from, to.clone(), None));
        }
    }
    for (name, from) in before.iter().filter(|(name, _)| is_told(name) && !after.contains_key(name.as_str())) {
        changes.push(change(name, from.clone(), Value::Null, None));
    }
    changes
}

struct Teller<'r, 't, 'c> {
    tx: &'t mut Tx<'c>,
    request: &'r Request,
    told: &'r Told<'r>,
}

impl Teller<'_, '_, '_> {
    fn events(&mut self, old: Option<&Placement>, moved: bool, from_to: &(Value, Value), changes: &[Change]) {
        let placement = self.told.placement;
        let Some(old) = old else {
            let mut data = json!({
                "status": placement.status.to_string(),
                "organization": from_to.1,
                "roles": placement.roles.iter().filter_map(|grant| grant.effective()).collect::<Vec<_>>(),
            });
            if let Some(previous) = self.told.previous {
                data["previousUserId"] = previous.to_string().into();
            }
            return self.event("user.created", None, data);
        };
        match (old.status, placement.status) {
            (Status::Inactive, Status::Inactive) => {}
            (_, Status::Inactive) => {
                // What the product does with sessions that run already is its own business; this server ends none.
                let data = json!({ "reason": self.request.why, "affectsRunningSessions": false });
                self.event("user.deactivated", None, data);
            }
            (Status::Inactive, _) => self.event("user.reactivated", None, json!({})),
            _ => {}
        }
        if moved {
            let data = json!({ "from": from_to.0, "to": from_to.1, "effective": "future_sessions" });
            let cause = cause_of(placement.organization_origin);
            self.event("user.organization_changed", cause, data);
        }
        let of = |placement: &Placement| -> Vec<String> {
            placement.roles.iter().filter_map(|grant| grant.effective().map(str::to_owned)).collect()
        };
        if of(old) != of(placement) {
            self.event("user.roles_changed", None, json!({ "from": of(old), "to": of(placement) }));
        }
        if let Some(plan) = self.told.memberships {
            self.memberships(plan);
        }
        let is_elsewhere =
            |name: &str| matches!(name, "organization" | "status" | "roles" | "memberships" | "primaryGroup");
        let attributes: Vec<&str> =
            changes.iter().map(|change| change.field.as_str()).filter(|name| !is_elsewhere(name)).collect();
        if !attributes.is_empty() {
            self.event("user.updated", None, json!({ "attributes": attributes }));
        }
    }

    fn memberships(&mut self, plan: &Plan) {
        let diff = MembershipDiff::between(&plan.before, &plan.after);
        if !diff.is_visible {
            return;
        }
        let ids = |ids: Vec<Id>| ids.iter().map(Id::to_string).collect::<Vec<_>>();
        let joined: Vec<Id> = diff.joined.iter().map(|joined| joined.group).collect();
        let fell_back = diff.joined.iter().any(|joined| joined.origins == [Origin::Fallback]);
        let data = json!({
            "joined": ids(joined),
            "left": ids(diff.left),
            "primary": plan.after.primary().map(|id| id.to_string()),
        });
        self.event("membership.changed", fell_back.then_some("fallback"), data);
    }

    fn event(&mut self, kind: &'static str, cause: Option<&'static str>, data: Value) {
        let subject = Subject::new("user", self.told.id);
        self.tx.ledger.events.push(self.request.event(kind, cause, subject, self.told.version, data));
    }

    fn audit(&mut self, action: &'static str, changes: Vec<Change>) {
        let subject = Subject::new("user", self.told.id);
        self.tx.ledger.audit.push(self.request.entry(action, subject, changes));
    }
}

fn cause_of(origin: Origin) -> Option<&'static str> {
    match origin {
        Origin::Rule(_) => Some("rule"),
        Origin::Fallback => Some("fallback"),
        _ => None,
    }
}

impl Request {
    /// An event of this request.
    pub fn event(
        &self,
        kind: &'static str,
        cause: Option<&'static str>,
        subject: Subject,
        version: i64,
        data: Value,
    ) -> Event {
        let request_id = self.caller.request_id.to_string();
        Event { account: self.caller.account, at: self.now, kind, cause, subject, version, data, request_id }
    }

    /// An entry of the audit trail about this request.
    pub fn entry(&self, action: &'static str, subject: Subject, changes: Vec<Change>) -> AuditEntry {
        AuditEntry {
            account: self.caller.account,
            actor: self.caller.actor,
            request_id: self.caller.request_id.to_string(),
            connection: Some(self.caller.connection).filter(|id| *id != Id::NIL),
            action,
            subject,
            changes,
            why: self.why.clone(),
        }
    }
}
