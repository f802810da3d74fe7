//! What of a user stands elsewhere and is shown with him: groups, organization, and on request all that the product
//! decides.

use crate::domain::{Id, Status};
use crate::provisioning::{Error, Request};
use crate::scim::Object;
use crate::scim::project::Projection;
use crate::scim::schema::{CONNECTOR_USER, USER};
use crate::storage::rows::{GroupOfUser, StoredUser, from_json};
use crate::storage::{Tx, both};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What is shown beside the stored resource.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// As elements of `groups`: id and name.
    pub groups: Vec<(Id, String)>,
    /// Attributes of the connector's extension.
    pub extension: Object,
}

/// Attributes that cost a look at the user's own row.
const ON_REQUEST: &[&str] = &["status", "blockedReasons", "effectiveRoles", "invitation", "sender", "expiration"];

/// Whether an answer needs the groups of a user.
pub fn wants_groups(projection: &Projection) -> bool {
    let wants = |name: &str| projection.wants_of(&CONNECTOR_USER, name);
    projection.wants("groups", &USER)
        || wants("primaryGroup")
        || wants("memberships")
        || ON_REQUEST.iter().any(|name| wants(name))
}

/// Whether an answer may show something of the Default group.
pub fn shows_default(request: &Request, projection: &Projection) -> bool {
    request.caller.tenant.policies.show_default_group.is_on() || !projection.is_default()
}

/// Loads what an answer needs of some users, in a few queries for all of them; `known` are their groups, where somebody
/// has read them. `given` is the organization that somebody gave each of them; one that a fallback gave is shown on
/// request only.
pub async fn facts(
    tx: &mut Tx<'_>,
    request: &Request,
    users: &[(Id, Option<Id>)],
    known: Option<Vec<GroupOfUser>>,
    projection: &Projection,
) -> Result<HashMap<Id, Facts>, Error> {
    let wants = |name: &str| projection.wants_of(&CONNECTOR_USER, name);
    let asks = !projection.is_default() && CONNECTOR_USER.attributes.iter().any(|attribute| wants(attribute.name));
    let in_full = asks && projection.includes_some();
    let ids: Vec<Id> = users.iter().map(|(id, _)| *id).collect();
    let mut found: HashMap<Id, Facts> = ids.iter().map(|id| (*id, Facts::default())).collect();
    if ids.is_empty() {
        return Ok(found);
    }
    let account = request.caller.account;
    let wants_more = ON_REQUEST.iter().any(|name| wants(name));
    let rows: HashMap<Id, StoredUser> = if wants_more || in_full {
        tx.users(account, &ids).await?.into_iter().map(|user| (user.stored.id.0, user)).collect()
    } else {
        HashMap::new()
    };
    let organization_of = |id: Id, given: Option<Id>| match rows.get(&id) {
        Some(row) if in_full => row.placement.organization_id.map(Id::from),
        _ => given,
    };
    let mut organizations: Vec<Id> = users.iter().filter_map(|(id, given)| organization_of(*id, *given)).collect();
    organizations.sort();
    organizations.dedup();
    let with_default = shows_default(request, projection);
    let wants_names = wants("organization") && !organizations.is_empty();
    let (groups, named) = match (known, wants_groups(projection), wants_names) {
        (None, true, true) => {
            both!(tx, groups_of_all(account, &ids, with_default), organization_names(account, &organizations))?
        }
        (None, true, false) => (tx.groups_of_all(account, &ids, with_default).await?, Vec::new()),
        (known, _, true) => (known.unwrap_or_default(), tx.organization_names(account, &organizations).await?),
        (known, _, false) => (known.unwrap_or_default(), Vec::new()),
    };
    let names: HashMap<Id, String> = named.into_iter().map(|(id, name, _)| (id.0, name)).collect();
    let mut of_users: HashMap<Id, Vec<GroupOfUser>> = HashMap::new();
    for group in groups {
        of_users.entry(group.user_id.0).or_default().push(group);
    }
    let sets: HashMap<Id, Object> = if (wants("sender") || wants("expiration")) && !organizations.is_empty() {
        let sets = tx.settings_sets_of(account, &organizations).await?;
        let bodies = sets.into_iter().map(|(id, set)| Ok((id.0, from_json(&set.body)?)));
        bodies.collect::<Result<_, Error>>()?
    } else {
        HashMap::new()
    };
    for (id, given) in users {
        let Some(facts) = found.get_mut(id) else { continue };
        let groups = of_users.remove(id).unwrap_or_default();
        let shown =
            |group: &&GroupOfUser| !group.is_default || request.caller.tenant.policies.show_default_group.is_on();
        if projection.wants("groups", &USER) {
            facts.groups =
                groups.iter().filter(shown).map(|group| (group.group_id.0, group.display_name.clone())).collect();
        }
        let mut put = |name: &str, value: Value| {
            if wants(name) && !is_empty(&value) {
                facts.extension.insert(name.to_owned(), value);
            }
        };
        let organization = organization_of(*id, *given);
        put(
            "organization",
            organization.and_then(|id| names.get(&id)).map_or(Value::Null, |name| name.as_str().into()),
        );
        let primary = groups.iter().find(|group| group.is_primary);
        if let Some(primary) = primary.filter(|primary| !primary.is_default || in_full) {
            put("primaryGroup", primary.display_name.as_str().into());
        }
        if wants("memberships") {
            put("memberships", groups.iter().map(|group| membership(request, group)).collect());
        }
        if let Some(row) = rows.get(id) {
            put("status", row.placement.status.as_str().into());
            put("blockedReasons", blocked_reasons(row, &groups).into());
            put("effectiveRoles", effective_roles(request, row, &groups)?.into());
            let set = organization.and_then(|id| sets.get(&id));
            for name in ["sender", "expiration"] {
                put(name, set.and_then(|set| set.get(name)).cloned().unwrap_or(Value::Null));
            }
        }
    }
    Ok(found)
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn membership(request: &Request, group: &GroupOfUser) -> Value {
    json!({
        "value": group.group_id.0.to_string(),
        "$ref": format!("{}/Groups/{}", request.base_url, group.group_id.0),
        "display": group.display_name,
        "primary": group.is_primary,
        "groupAdmin": group.group_admin,
        "canSend": group.can_send,
        "origin": group.origins,
    })
}

/// Why a user cannot start sessions; empty when he can.
pub fn blocked_reasons(user: &StoredUser, groups: &[GroupOfUser]) -> Vec<&'static str> {
    let mut reasons = Vec::new();
    let status = user.placement.status.parse::<Status>();
    if status == Ok(Status::Inactive) {
        reasons.push("user_inactive");
    }
    if user.placement.organization_id.is_none() {
        reasons.push("no_organization");
    }
    if !groups.iter().any(|group| group.can_send) {
        reasons.push("no_send_group");
    }
    reasons
}

/// Direct roles that count, and those inherited where groups grant roles (P-01).
pub fn effective_roles(request: &Request, user: &StoredUser, groups: &[GroupOfUser]) -> Result<Vec<Value>, Error> {
    let account = &request.caller.tenant;
    let placement = user.placement.placement()?;
    let role = |key: &str, origin: String, via: Option<&str>| {
        let role = account.catalogue.by_key(key)?;
        let mut value = json!({ "value": role.key, "display": role.name, "origin": origin });
        if let Some(via) = via {
            value["via"] = via.into();
        }
        Some(value)
    };
    let origins = |grant: &crate::domain::RoleGrant| grant.origins.iter().map(ToString::to_string).collect::<Vec<_>>();
    let direct = placement.roles.iter().filter_map(|grant| role(grant.effective()?, origins(grant).join(" "), None));
    let mut roles: Vec<Value> = direct.collect();
    if account.policies.grant_roles.is_on() {
        for group in groups {
            let keys: Vec<String> = from_json(&group.roles)?;
            let origin = format!("group:{}", group.group_id.0);
            roles.extend(keys.iter().filter_map(|key| role(key, origin.clone(), Some(&group.display_name))));
        }
    }
    Ok(roles)
}
