//! Users made, changed, deactivated and removed by an administrator.

use super::fields::UserFields;
use super::managed::Manager;
use super::show::{absent, find, live};
use super::view::UserView;
use super::wanted::{mark_primary, organization_effect, to_groups, to_roles};
use crate::admin::said::Said;
use crate::admin::{Error, Request, through};
use crate::domain::Id;
use crate::provisioning::{self, Users};
use crate::scim::{Object, urn};
use crate::storage::Tx;
use crate::storage::rows::{StoredUser, from_json};
use serde_json::{Value, json};

/// A user after a change, and what a dry run should draw attention to.
pub struct Changed {
    pub user: UserView,
    pub warnings: Vec<Value>,
}

/// A membership as the whole list of a user's memberships says it.
#[derive(Debug, Clone)]
pub struct MembershipWanted {
    /// By name or id.
    pub group: String,
    pub primary: Option<bool>,
    pub group_admin: Option<bool>,
    pub can_send: Option<bool>,
}

/// Makes a user. Whether he is active at once or invited is what the policy `activation.admin` says.
pub async fn create_user(tx: &mut Tx<'_>, request: &Request, fields: &UserFields) -> Result<UserView, Error> {
    let mut fields = fields.clone();
    complete(&mut fields)?;
    fields.check()?;
    let mut body = Object::new();
    for wanted in fields.profile(&Object::new()) {
        if let Some(value) = wanted.value {
            wanted.path.write(&mut body, value);
        }
    }
    if let Some(roles) = fields.roles.value() {
        body.insert("roles".to_owned(), to_roles(request, &[], roles)?);
    }
    let mut extension = body.shift_remove(urn::CONNECTOR_USER).unwrap_or_else(|| json!({}));
    if let Some(organization) = fields.organization.value() {
        extension["organization"] = organization.as_str().into();
    }
    if let Some(groups) = fields.groups.value().filter(|groups| !groups.is_empty()) {
        extension["memberships"] = to_groups(tx, request, groups).await?;
    }
    if let Some(group) = fields.primary_group.value() {
        extension["primaryGroup"] = group.as_str().into();
    }
    body.insert(urn::CONNECTOR_USER.to_owned(), extension);
    let id = Id::new();
    through::create::<Users>(tx, &request.provisioning(), id, body.into()).await?;
    live(tx, request, id).await
}

/// What a form may leave out of a new user.
fn complete(fields: &mut UserFields) -> Result<(), Error> {
    if fields.user_name.value().is_none() {
        fields.user_name = fields.email.clone();
    }
    if fields.user_name.value().is_none() {
        let detail = "A user needs an e-mail address (email) or a login (userName).";
        return Err(Error::Invalid { field: "email", detail });
    }
    if !fields.display_name.is_said() {
        let names = [fields.given_name.value(), fields.family_name.value()];
        let name = names.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        if !name.is_empty() {
            fields.display_name = Said::Is(name);
        }
    }
    Ok(())
}

/// Changes what is said and leaves the rest.
pub async fn edit_user(tx: &mut Tx<'_>, request: &Request, id: Id, fields: &UserFields) -> Result<Changed, Error> {
    fields.check()?;
    let user = lock(tx, request, id).await?;
    let manager = Manager::of(tx, request, &user).await?;
    let placement = user.placement.placement()?;
    let body: Object = from_json(&user.stored.body)?;
    let mut operations = Vec::new();
    for wanted in fields.profile(&body) {
        if wanted.path.read(&body) != wanted.value.as_ref() {
            manager.check_profile(wanted.name, wanted.path)?;
            operations.push(operation(wanted.path.text(), wanted.value));
        }
    }
    if fields.roles.is_said() {
        let names = fields.roles.value().cloned().unwrap_or_default();
        let roles = to_roles(request, &placement.roles, &names)?;
        let stays = |value: &str| roles.as_array().is_some_and(|roles| roles.iter().any(|role| role["value"] == value));
        for gone in placement.roles.iter().filter(|grant| !stays(&grant.wish.value)) {
            manager.check_origins("roles", &gone.origins)?;
        }
        operations.push(json!({ "op": "replace", "path": "roles", "value": roles }));
    }
    if fields.organization.is_said() {
        manager.check_origins("organization", &[placement.organization_origin])?;
        let name = fields.organization.value().map(|name| name.as_str().into());
        operations.push(operation(own("organization"), name));
    }
    if fields.groups.is_said() {
        let groups = fields.groups.value().cloned().unwrap_or_default();
        let mut groups = to_groups(tx, request, &groups).await?;
        if let Some(primary) = fields.primary_group.value() {
            mark_primary(tx, request, &mut groups, primary).await?;
        }
        check_groups(tx, request, &manager, id, &groups).await?;
        operations.push(json!({ "op": "replace", "path": own("memberships"), "value": groups }));
    }
    if let Some(group) = fields.primary_group.value().filter(|_| !fields.groups.is_said()) {
        operations.push(operation(own("primaryGroup"), Some(group.as_str().into())));
    }
    apply(tx, request, &user, operations).await
}

/// Sets the whole list of memberships through the user's profile: automatic reassignment never fires here.
pub async fn set_memberships(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    memberships: &[MembershipWanted],
) -> Result<Changed, Error> {
    let user = lock(tx, request, id).await?;
    let names: Vec<String> = memberships.iter().map(|wanted| wanted.group.clone()).collect();
    let mut list = to_groups(tx, request, &names).await?;
    for (element, wanted) in list.as_array_mut().into_iter().flatten().zip(memberships) {
        for (name, flag) in
            [("primary", wanted.primary), ("groupAdmin", wanted.group_admin), ("canSend", wanted.can_send)]
        {
            if let Some(flag) = flag {
                element[name] = flag.into();
            }
        }
    }
    let manager = Manager::of(tx, request, &user).await?;
    check_groups(tx, request, &manager, id, &list).await?;
    let operations = vec![json!({ "op": "replace", "path": own("memberships"), "value": list })];
    apply(tx, request, &user, operations).await
}

/// Access ends; memberships, ownership, data and audit stay.
pub async fn deactivate_user(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    reason: Option<&str>,
) -> Result<UserView, Error> {
    set_active(tx, request, id, false, reason).await
}

/// Access is what it was.
pub async fn reactivate_user(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<UserView, Error> {
    set_active(tx, request, id, true, None).await
}

async fn set_active(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    active: bool,
    reason: Option<&str>,
) -> Result<UserView, Error> {
    let operation = json!({ "op": "replace", "path": "active", "value": active });
    let why = with_reason(request, reason);
    through::patch::<Users>(tx, &why, id, vec![operation], request.if_match.clone()).await?;
    live(tx, request, id).await
}

/// Leaves a tombstone that nobody changes any more.
pub async fn remove_user(tx: &mut Tx<'_>, request: &Request, id: Id, reason: Option<&str>) -> Result<(), Error> {
    through::delete::<Users>(tx, &with_reason(request, reason), id, request.if_match.as_ref()).await
}

fn with_reason(request: &Request, reason: Option<&str>) -> provisioning::Request {
    let mut with_reason = request.provisioning();
    with_reason.why = reason.map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
    with_reason
}

/// Keeps a user from others until the transaction ends.
async fn lock(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<StoredUser, Error> {
    let Some(user) = tx.user_locked(request.caller.account, id).await? else {
        return Err(absent(tx, request, id).await?);
    };
    request.check_version(user.stored.version)?;
    Ok(user)
}

async fn apply(
    tx: &mut Tx<'_>,
    request: &Request,
    before: &StoredUser,
    operations: Vec<Value>,
) -> Result<Changed, Error> {
    let id = before.stored.id.0;
    if !operations.is_empty() {
        through::patch::<Users>(tx, &request.provisioning(), id, operations, None).await?;
    }
    let after = find(tx, request, id).await?;
    let effect = organization_effect(tx, request, before, &after).await?;
    Ok(Changed { user: live(tx, request, id).await?, warnings: effect.into_iter().collect() })
}

/// Refuses to take away memberships that a managing connection gave.
async fn check_groups(
    tx: &mut Tx<'_>,
    request: &Request,
    manager: &Manager,
    id: Id,
    groups: &Value,
) -> Result<(), Error> {
    for row in tx.memberships_of(request.caller.account, &[id]).await? {
        let group = row.group_id.0.to_string();
        let stays = groups.as_array().is_some_and(|list| list.iter().any(|wanted| wanted["value"] == group.as_str()));
        if !stays {
            manager.check_origins("memberships", &row.membership().origins)?;
        }
    }
    Ok(())
}

fn operation(path: String, value: Option<Value>) -> Value {
    match value {
        Some(value) => json!({ "op": "replace", "path": path, "value": value }),
        None => json!({ "op": "remove", "path": path }),
    }
}

fn own(name: &str) -> String {
    format!("{}:{name}", urn::CONNECTOR_USER)
}
