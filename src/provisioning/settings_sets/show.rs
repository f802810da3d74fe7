//! Settings sets as answers. Who applies one stands elsewhere, and a version does not tell of it.

use crate::domain::Id;
use crate::provisioning::render::{Answer, beside};
use crate::provisioning::{Error, Request};
use crate::scim::Object;
use crate::scim::project::Projection;
use crate::scim::schema::{ORGANIZATION, SETTINGS_SET};
use crate::storage::Tx;
use crate::storage::rows::Stored;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Loads what answers need of some settings sets beside the stored resources, in one query for all of them.
pub async fn facts(
    tx: &mut Tx<'_>,
    request: &Request,
    ids: &[Id],
    projection: &Projection,
) -> Result<HashMap<Id, Object>, Error> {
    let account = &request.caller.tenant;
    let (wants_default, wants_users) =
        (projection.wants("default", &SETTINGS_SET), projection.wants("usedBy", &SETTINGS_SET));
    let mut facts: HashMap<Id, Object> = ids.iter().map(|id| (*id, Object::new())).collect();
    if ids.is_empty() || !(wants_default || wants_users) {
        return Ok(facts);
    }
    let mut used_by: HashMap<Id, Vec<Value>> = HashMap::new();
    let mut default = None;
    for (set, organization, name) in tx.organizations_using(account.id, ids).await? {
        if organization.0 == account.default_organization {
            default = Some(set.0);
        }
        let id = organization.0.to_string();
        let location = format!("{}{}/{id}", request.base_url, ORGANIZATION.endpoint);
        used_by.entry(set.0).or_default().push(json!({ "value": id, "$ref": location, "display": name }));
    }
    for (id, facts) in &mut facts {
        if wants_default {
            facts.insert("default".to_owned(), (default == Some(*id)).into());
        }
        if let Some(users) = used_by.remove(id).filter(|_| wants_users) {
            facts.insert("usedBy".to_owned(), users.into());
        }
    }
    Ok(facts)
}

/// A stored settings set as an answer.
pub async fn one(
    tx: &mut Tx<'_>,
    request: &Request,
    stored: &Stored,
    projection: &Projection,
) -> Result<Answer, Error> {
    let id = stored.id.0;
    let facts = facts(tx, request, &[id], projection).await?.remove(&id).unwrap_or_default();
    Ok(beside(request, stored, facts, projection, &SETTINGS_SET))
}
