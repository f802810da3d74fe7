//! Requests about resources that are nothing but their attributes: organizations and settings sets.

use super::users::attribute_changes;
use super::verbs::Verbs;
use super::{Error, Request, profile};
use crate::domain::{Id, Subject};
use crate::scim::etag::Condition;
use crate::scim::patch::{Change, PatchRequest, apply, bind};
use crate::scim::schema::ResourceType;
use crate::scim::{Object, Reading, decode};
use crate::storage::Tx;
use serde_json::{Value, json};

/// A resource that is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct New {
    pub id: Id,
    pub resource: Object,
}

impl New {
    pub fn decode<V: Verbs>(request: &Request, id: Id, body: Value) -> Result<Self, Error> {
        let resource = request.reading(|reading| decode::resource(body, V::RESOURCE_TYPE, reading))?;
        Ok(Self { id, resource: profile::with_id(resource, id, V::RESOURCE_TYPE) })
    }
}

/// A replacement that is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct Replacement {
    pub id: Id,
    pub resource: Object,
    pub condition: Option<Condition>,
}

impl Replacement {
    pub fn decode<V: Verbs>(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Self, Error> {
        let id = V::parse_id(id)?;
        let New { resource, .. } = New::decode::<V>(request, id, body)?;
        Ok(Self { id, resource, condition })
    }
}

/// Changes that are bound to the schema and not yet applied.
#[derive(Debug, Clone)]
pub struct Patch {
    pub id: Id,
    changes: Vec<Change>,
    pub condition: Option<Condition>,
}

impl Patch {
    pub fn decode<V: Verbs>(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Self, Error> {
        let decode = |reading: &mut Reading| bind(PatchRequest::decode(body, reading)?, V::RESOURCE_TYPE, id, reading);
        Ok(Self { id: V::parse_id(id)?, changes: request.reading(decode)?, condition })
    }

    pub fn apply(
        &self,
        request: &Request,
        old: &Object,
        resource_type: &'static ResourceType,
    ) -> Result<Object, Error> {
        request.reading(|reading| apply(self.changes.clone(), old, resource_type, reading))
    }
}

/// What a change writes into the audit trail and the change feed. `before` and `after` are empty where there is nothing.
pub fn tell(
    tx: &mut Tx<'_>,
    request: &Request,
    action: &'static str,
    subject: Subject,
    version: i64,
    before: &Object,
    after: &Object,
) {
    let changes = attribute_changes(before, after);
    let names: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
    let event = request.event(action, None, subject.clone(), version, json!({ "attributes": names }));
    tx.ledger.events.push(event);
    tx.ledger.audit.push(request.entry(action, subject, changes));
}
