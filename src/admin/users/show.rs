//! From rows to what an administrator sees of users.

use super::actions::{Actions, of_removed};
use super::fields::main_of;
use super::view::{
    Address, AnyUser, MembershipOfUser, Named, OrganizationOfUser, RemovedView, RoleOfUser, UserReference, UserView,
};
use crate::admin::{Error, Request};
use crate::domain::{Guard, Id, Placement};
use crate::provisioning::{blocked_reasons, effective_roles};
use crate::scim::{Object, time, urn};
use crate::storage::Tx;
use crate::storage::rows::{GroupOfUser, RemovedUserRow, StoredUser, from_json};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// A live user.
pub async fn live(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<UserView, Error> {
    let user = find(tx, request, id).await?;
    let shown = several(tx, request, vec![user]).await?.pop();
    shown.ok_or_else(|| not_visible(id))
}

/// A user, live or removed.
pub async fn any(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<AnyUser, Error> {
    if let Some(removed) = tx.removed_user(request.caller.account, id).await? {
        let connections = connections(tx, request, [removed.connection_id.0]).await?;
        return Ok(AnyUser::Removed(Box::new(buried(&removed, &connections)?)));
    }
    Ok(AnyUser::Live(Box::new(live(tx, request, id).await?)))
}

/// The row of a live user; of a removed one it is said that he was removed.
pub async fn find(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<StoredUser, Error> {
    match tx.user(request.caller.account, id).await? {
        Some(user) => Ok(user),
        None => Err(absent(tx, request, id).await?),
    }
}

pub async fn absent(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<Error, Error> {
    let removed = tx.removed_user(request.caller.account, id).await?;
    Ok(removed.map_or_else(|| not_visible(id), |_| Guard::UserRemoved(id).into()))
}

fn not_visible(id: Id) -> Error {
    Error::NotVisible { what: "user", id: id.to_string() }
}

/// Several users with a few queries for all of them.
pub async fn several(tx: &mut Tx<'_>, request: &Request, users: Vec<StoredUser>) -> Result<Vec<UserView>, Error> {
    let account = request.caller.account;
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Id> = users.iter().map(|user| user.stored.id.0).collect();
    let mut groups: HashMap<Id, Vec<GroupOfUser>> = HashMap::new();
    for group in tx.groups_of_all(account, &ids, true).await? {
        groups.entry(group.user_id.0).or_default().push(group);
    }
    let organizations: BTreeSet<Id> =
        users.iter().filter_map(|user| user.placement.organization_id.map(Id::from)).collect();
    let organizations: Vec<Id> = organizations.into_iter().collect();
    let (mut names, mut settings) = (HashMap::new(), HashMap::new());
    if !organizations.is_empty() {
        let named = tx.organization_names(account, &organizations).await?;
        names.extend(named.into_iter().map(|(id, name, _)| (id.0, name)));
        for (id, set) in tx.settings_sets_of(account, &organizations).await? {
            settings.insert(id.0, from_json::<Object>(&set.body)?);
        }
    }
    let known = Known {
        request,
        names,
        settings,
        connections: connections(tx, request, users.iter().map(|user| user.connection_id.0)).await?,
        actions: Actions::load(tx, request, &users).await?,
    };
    users.iter().map(|user| known.view(user, &groups.remove(&user.stored.id.0).unwrap_or_default())).collect()
}

/// The names of connections by id.
async fn connections(
    tx: &mut Tx<'_>,
    request: &Request,
    wanted: impl IntoIterator<Item = Id>,
) -> Result<HashMap<Id, String>, Error> {
    let wanted: BTreeSet<Id> = wanted.into_iter().filter(|id| *id != Id::NIL).collect();
    let mut names = HashMap::new();
    for id in wanted {
        if let Some(row) = tx.connection(request.caller.account, id).await? {
            names.insert(id, row.name);
        }
    }
    Ok(names)
}

/// What is known of all users that are shown together.
struct Known<'r> {
    request: &'r Request,
    names: HashMap<Id, String>,
    settings: HashMap<Id, Object>,
    connections: HashMap<Id, String>,
    actions: Actions,
}

impl Known<'_> {
    fn view(&self, user: &StoredUser, groups: &[GroupOfUser]) -> Result<UserView, Error> {
        let body: Object = from_json(&user.stored.body)?;
        let placement = user.placement.placement()?;
        let id = user.stored.id.0;
        let set = placement.organization.and_then(|id| self.settings.get(&id));
        let setting = |name: &str| set.and_then(|set| set.get(name)).cloned().unwrap_or(Value::Null);
        let extension = body.get(urn::CONNECTOR_USER).and_then(Value::as_object);
        let own = |name: &str| extension.and_then(|extension| extension.get(name));
        let own_text = |name: &str| own(name).and_then(Value::as_str).map(str::to_owned);
        let name = |part: &str| body.get("name").and_then(|name| name.get(part)?.as_str()).map(str::to_owned);
        let pairs = own("metadata").and_then(Value::as_array).into_iter().flatten();
        let metadata = pairs.filter_map(|pair| Some((text(pair.get("key"))?, text(pair.get("value"))?)));
        Ok(UserView {
            id: id.to_string(),
            user_name: text(body.get("userName")).unwrap_or_default(),
            external_id: text(body.get("externalId")),
            display_name: text(body.get("displayName")),
            given_name: name("givenName"),
            family_name: name("familyName"),
            email: main_of(&body, "emails", "value").map(str::to_owned),
            emails: elements(body.get("emails")).filter_map(address).collect(),
            username: own_text("username"),
            user_type: text(body.get("userType")),
            title: text(body.get("title")),
            phone: main_of(&body, "phoneNumbers", "value").map(str::to_owned),
            language: text(body.get("preferredLanguage")),
            country: main_of(&body, "addresses", "country").map(str::to_owned),
            time_zone: text(body.get("timezone")),
            access_level: own_text("accessLevel"),
            entitlements: values(body.get("entitlements")),
            website_access: elements(own("websiteAccess")).filter_map(|site| text(Some(site))).collect(),
            folders: values(own("folders")),
            metadata: metadata.collect(),
            status: user.placement.status.clone(),
            active: user.placement.active,
            organization: self.organization(&placement),
            roles: self.roles(&placement),
            effective_roles: effective_roles(&self.request.provisioning(), user, groups)?,
            memberships: groups.iter().map(membership).collect(),
            blocked_reasons: blocked_reasons(user, groups),
            sender: setting("sender"),
            expiration: setting("expiration"),
            connection: named(&self.connections, user.connection_id.0),
            previous_user_id: user.previous_user_id.map(|id| id.0.to_string()),
            created_at: time::format(id.created()),
            updated_at: time::format(user.stored.last_modified),
            version: user.stored.version,
            actions: self.actions.of(id, &placement),
        })
    }

    fn organization(&self, placement: &Placement) -> Option<OrganizationOfUser> {
        let id = placement.organization?;
        let name = self.names.get(&id)?.clone();
        Some(OrganizationOfUser { id: id.to_string(), name, origin: placement.organization_origin.to_string() })
    }

    fn roles(&self, placement: &Placement) -> Vec<RoleOfUser> {
        let catalogue = &self.request.caller.tenant.catalogue;
        let role = |grant: &crate::domain::RoleGrant| RoleOfUser {
            value: grant.wish.value.clone(),
            key: grant.key.clone(),
            name: grant.key.as_deref().and_then(|key| catalogue.by_key(key)).map(|role| role.name.clone()),
            origins: grant.origins.iter().map(ToString::to_string).collect(),
            held: grant.held,
        };
        placement.roles.iter().map(role).collect()
    }
}

fn named(names: &HashMap<Id, String>, id: Id) -> Option<Named> {
    Some(Named { id: id.to_string(), name: names.get(&id)?.clone() })
}

fn membership(group: &GroupOfUser) -> MembershipOfUser {
    MembershipOfUser {
        group: Named { id: group.group_id.0.to_string(), name: group.display_name.clone() },
        primary: group.is_primary,
        group_admin: group.group_admin,
        can_send: group.can_send,
        origins: group.origins.split(' ').map(str::to_owned).collect(),
    }
}

fn address(element: &Value) -> Option<Address> {
    let primary = element.get("primary").and_then(Value::as_bool).unwrap_or(false);
    Some(Address { value: text(element.get("value"))?, kind: text(element.get("type")), primary })
}

fn text(value: Option<&Value>) -> Option<String> {
    value?.as_str().map(str::to_owned)
}

fn elements(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn values(list: Option<&Value>) -> Vec<String> {
    elements(list).filter_map(|element| text(element.get("value"))).collect()
}

/// A user as others refer to him.
pub fn reference(id: Id, body: &str) -> Result<UserReference, Error> {
    let body: Object = from_json(body)?;
    let user_name = text(body.get("userName")).unwrap_or_default();
    Ok(UserReference { id: id.to_string(), user_name, display_name: text(body.get("displayName")) })
}

/// Removed users.
pub async fn all_buried(
    tx: &mut Tx<'_>,
    request: &Request,
    rows: &[RemovedUserRow],
) -> Result<Vec<RemovedView>, Error> {
    let connections = connections(tx, request, rows.iter().map(|row| row.connection_id.0)).await?;
    rows.iter().map(|row| buried(row, &connections)).collect()
}

fn buried(row: &RemovedUserRow, connections: &HashMap<Id, String>) -> Result<RemovedView, Error> {
    let UserReference { id, user_name, display_name } = reference(row.id.0, &row.body)?;
    Ok(RemovedView {
        id,
        user_name,
        external_id: row.external_id.clone(),
        display_name,
        status: "removed",
        active: false,
        connection: named(connections, row.connection_id.0),
        created_at: time::format(row.id.0.created()),
        removed_at: time::format(row.removed_at),
        version: row.version,
        actions: of_removed(row.id.0),
    })
}
