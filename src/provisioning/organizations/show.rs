//! Organizations as answers. What stands elsewhere is looked up whenever it is shown, and a version does not tell of it.

use crate::domain::Id;
use crate::provisioning::render::{Answer, beside};
use crate::provisioning::{Error, Request};
use crate::scim::Object;
use crate::scim::project::Projection;
use crate::scim::schema::{ORGANIZATION, SETTINGS_SET};
use crate::storage::Tx;
use crate::storage::rows::{Stored, from_json};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Loads what answers need of some organizations beside the stored resources, in a few queries for all of them.
pub async fn facts(
    tx: &mut Tx<'_>,
    request: &Request,
    ids: &[Id],
    projection: &Projection,
) -> Result<HashMap<Id, Object>, Error> {
    let account = &request.caller.tenant;
    let wants = |name: &str| projection.wants(name, &ORGANIZATION);
    let mut facts: HashMap<Id, Object> = ids.iter().map(|id| (*id, Object::new())).collect();
    let mut put = |id: Id, name: &str, value: Value| {
        if let Some(facts) = facts.get_mut(&id) {
            facts.insert(name.to_owned(), value);
        }
    };
    if wants("settingsSet") && !ids.is_empty() {
        for (organization, set) in tx.settings_sets_of(account.id, ids).await? {
            let (body, id): (Object, Id) = (from_json(&set.body)?, set.id.0);
            let location = format!("{}{}/{id}", request.base_url, SETTINGS_SET.endpoint);
            let set = json!({ "value": id.to_string(), "$ref": location, "display": body.get("displayName") });
            put(organization.0, "settingsSet", set);
        }
    }
    if wants("default") {
        ids.iter().for_each(|id| put(*id, "default", (*id == account.default_organization).into()));
    }
    if wants("userCount") {
        ids.iter().for_each(|id| put(*id, "userCount", 0.into()));
        for (organization, count) in tx.count_users_of_all(account.id, ids).await? {
            if let Some(organization) = organization {
                put(organization.0, "userCount", count.into());
            }
        }
    }
    Ok(facts)
}

/// A stored organization as an answer.
pub async fn one(
    tx: &mut Tx<'_>,
    request: &Request,
    stored: &Stored,
    projection: &Projection,
) -> Result<Answer, Error> {
    let id = stored.id.0;
    let facts = facts(tx, request, &[id], projection).await?.remove(&id).unwrap_or_default();
    Ok(beside(request, stored, facts, projection, &ORGANIZATION))
}
