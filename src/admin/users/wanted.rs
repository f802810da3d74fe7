//! Names that an administrator sends as what SCIM takes, and what a move means.

use crate::admin::{Error, Request};
use crate::domain::{Guard, Id, RoleGrant};
use crate::provisioning::find_group;
use crate::scim::Object;
use crate::storage::Tx;
use crate::storage::rows::{StoredUser, from_json, to_json};
use serde_json::{Value, json};

/// Roles by key, name or alias. One that the user has is said as he has it, so that it stays the same grant.
pub fn to_roles(request: &Request, current: &[RoleGrant], names: &[String]) -> Result<Value, Error> {
    let catalogue = &request.caller.tenant.catalogue;
    let mut roles: Vec<Value> = Vec::new();
    for name in names {
        let role = catalogue.find(name);
        let key = role.map(|role| role.key.as_str());
        let held = |grant: &&RoleGrant| grant.wish.value == *name || (key.is_some() && grant.key.as_deref() == key);
        let element = match (current.iter().find(held), role) {
            (Some(grant), _) => from_json(&to_json(&grant.wish))?,
            (None, Some(role)) => json!({ "value": role.key, "display": role.name }),
            (None, None) => {
                return Err(Guard::RoleUnknown { name: name.clone(), known: catalogue.names() }.into());
            }
        };
        if !roles.contains(&element) {
            roles.push(element);
        }
    }
    Ok(roles.into())
}

/// Groups by name or id, as elements of `memberships`.
pub async fn to_groups(tx: &mut Tx<'_>, request: &Request, names: &[String]) -> Result<Value, Error> {
    let mut groups = Vec::with_capacity(names.len());
    for name in names {
        let group = find_group(tx, request.caller.account, name).await?;
        groups.push(json!({ "value": group.to_string() }));
    }
    Ok(groups.into())
}

/// Makes one of these groups the primary one.
pub async fn mark_primary(tx: &mut Tx<'_>, request: &Request, groups: &mut Value, primary: &str) -> Result<(), Error> {
    let primary = find_group(tx, request.caller.account, primary).await?.to_string();
    let mut elements = groups.as_array_mut().into_iter().flatten();
    let element = elements.find(|element| element["value"] == primary.as_str());
    element.ok_or(Guard::PrimaryGroupNotMember)?["primary"] = true.into();
    Ok(())
}

/// What a move to another organization means for future sessions; none when the user was not moved.
pub async fn organization_effect(
    tx: &mut Tx<'_>,
    request: &Request,
    before: &StoredUser,
    after: &StoredUser,
) -> Result<Option<Value>, Error> {
    let of = |user: &StoredUser| user.placement.organization_id.map(Id::from);
    let (from, to) = (of(before), of(after));
    if from == to {
        return Ok(None);
    }
    let ids: Vec<Id> = [from, to].into_iter().flatten().collect();
    let sets = tx.settings_sets_of(request.caller.account, &ids).await?;
    let show = |organization: Option<Id>| -> Result<Value, Error> {
        let set = sets.iter().find(|(id, _)| Some(id.0) == organization);
        let set: Object = set.map(|(_, set)| from_json(&set.body)).transpose()?.unwrap_or_default();
        Ok(json!({ "sender": set.get("sender"), "expiration": set.get("expiration") }))
    };
    let detail = "The default sender and the expirations change for future sessions only.";
    Ok(Some(json!({ "code": "org_change_effect", "detail": detail, "before": show(from)?, "after": show(to)? })))
}
