//! Operations at random, through SCIM, Bulk and the admin API, and what each may do to the state.

use super::state::State;
use super::tenant::Tenant;
use crate::fuzz::dice::Dice;
use crate::support::Server;
use reqwest::Method;
use scim_connector::domain::{GroupsMode, GuardScope, Id, Origin};
use serde_json::{Value, json};
use std::fmt;

const USER: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// Through which interface an operation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interface {
    Scim,
    Bulk,
    Admin,
}

/// What was asked, and what came of it.
#[derive(Debug)]
pub struct Done {
    pub interface: Interface,
    pub method: Method,
    pub path: String,
    pub body: Value,
    pub status: u16,
    pub answer: Value,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interface, method, path, body, status, answer } = self;
        write!(f, "{interface:?} {method} {path} {body} → {status} {answer}")
    }
}

/// Knows whom and what there is to work on, removed ones included.
#[derive(Clone)]
pub struct Driver {
    users: Vec<String>,
    groups: Vec<String>,
}

struct Operation {
    method: Method,
    path: String,
    body: Value,
}

impl Driver {
    pub fn new(tenant: &Tenant) -> Self {
        Self { users: tenant.users.clone(), groups: tenant.groups.clone() }
    }

    pub async fn step(&mut self, server: &Server, tenant: &Tenant, dice: &mut Dice) -> Done {
        let (interface, operation) = match dice.below(10) {
            0..=4 => (Interface::Scim, self.scim(tenant, dice)),
            5..=6 => (Interface::Bulk, self.bulk(tenant, dice)),
            _ => (Interface::Admin, self.admin(tenant, dice)),
        };
        let Operation { method, path, body } = operation;
        let (status, answer) = match interface {
            Interface::Admin => tenant.api(server, method.clone(), &path, body.clone()).await,
            _ => tenant.scim(server, method.clone(), &path, body.clone()).await,
        };
        if status == 201 {
            self.learn(&path, &answer["id"]);
        }
        for done in answer["Operations"].as_array().into_iter().flatten().filter(|done| done["status"] == "201") {
            let location = done["location"].as_str().unwrap_or_default();
            let id = location.rsplit('/').next().unwrap_or_default();
            self.learn(location, &id.into());
        }
        Done { interface, method, path, body, status, answer }
    }

    /// Nothing of this account is there for another one.
    pub async fn check_stranger(&self, server: &Server, stranger: &Tenant) {
        for (kind, ids) in [("Users", &self.users), ("Groups", &self.groups)] {
            let id = &ids[ids.len() - 1];
            assert_eq!(stranger.scim(server, Method::GET, &format!("/{kind}/{id}"), Value::Null).await.0, 404);
            let kind = kind.to_lowercase();
            assert_eq!(stranger.api(server, Method::GET, &format!("/{kind}/{id}"), Value::Null).await.0, 404);
        }
    }

    fn learn(&mut self, path: &str, id: &Value) {
        let Some(id) = id.as_str() else { return };
        if path.to_lowercase().contains("users") {
            self.users.push(id.to_owned());
        } else if path.to_lowercase().contains("groups") {
            self.groups.push(id.to_owned());
        }
    }

    fn scim(&self, tenant: &Tenant, dice: &mut Dice) -> Operation {
        let operation = |method, path: String, body| Operation { method, path, body };
        let (user, group) = (dice.pick(&self.users), dice.pick(&self.groups));
        match dice.below(16) {
            0..=1 => operation(Method::POST, "/Users".to_owned(), self.person(tenant, dice)),
            2..=6 => operation(Method::PATCH, format!("/Users/{user}"), patch(self.user_changes(tenant, dice))),
            7 => operation(Method::PUT, format!("/Users/{user}"), self.person(tenant, dice)),
            8 if dice.one_in(3) => operation(Method::DELETE, format!("/Users/{user}"), Value::Null),
            9 => operation(Method::POST, "/Groups".to_owned(), self.team(dice)),
            10..=13 => operation(Method::PATCH, format!("/Groups/{group}"), patch(self.group_changes(dice))),
            14 => operation(Method::PUT, format!("/Groups/{group}"), self.team(dice)),
            _ if dice.one_in(3) => operation(Method::DELETE, format!("/Groups/{group}"), Value::Null),
            _ => operation(Method::PATCH, format!("/Users/{user}"), patch(self.user_changes(tenant, dice))),
        }
    }

    fn bulk(&self, tenant: &Tenant, dice: &mut Dice) -> Operation {
        let operations: Vec<Value> = (0..2 + dice.below(4))
            .map(|number| {
                let Operation { method, path, body } = self.scim(tenant, dice);
                let mut operation = json!({ "method": method.as_str(), "path": path });
                if method == Method::POST {
                    operation["bulkId"] = format!("b{number}").into();
                }
                if !body.is_null() {
                    operation["data"] = body;
                }
                operation
            })
            .collect();
        let body = json!({ "schemas": [BULK], "Operations": operations });
        Operation { method: Method::POST, path: "/Bulk".to_owned(), body }
    }

    fn admin(&self, tenant: &Tenant, dice: &mut Dice) -> Operation {
        let (user, group) = (dice.pick(&self.users), dice.pick(&self.groups));
        let organization = dice.pick(&tenant.organizations);
        let operation = |method, path: String, body| Operation { method, path, body };
        let role = *dice.pick(&["administrator", "standard_user", "finance_admin"]);
        match dice.below(13) {
            0 => {
                let email = format!("{}@example.com", name(dice));
                operation(Method::POST, "/users".to_owned(), json!({ "email": email, "organization": organization }))
            }
            1 => operation(Method::PATCH, format!("/users/{user}"), json!({ "displayName": name(dice) })),
            2..=3 => operation(Method::PUT, format!("/users/{user}/roles"), json!({ "roles": [role] })),
            4 => {
                let body = json!({ "organization": organization });
                operation(Method::PUT, format!("/users/{user}/organization"), body)
            }
            5 => {
                let body = json!({ "memberships": [{ "group": group, "groupAdmin": dice.one_in(2) }] });
                operation(Method::PUT, format!("/users/{user}/memberships"), body)
            }
            6 => operation(Method::POST, format!("/users/{user}/deactivate"), json!({ "reason": "at random" })),
            7..=8 => operation(Method::POST, format!("/users/{user}/reactivate"), Value::Null),
            9 if dice.one_in(3) => operation(Method::DELETE, format!("/users/{user}"), Value::Null),
            10 => {
                let add = json!({ "add": [{ "user": user }], "remove": [dice.pick(&self.users)] });
                operation(Method::POST, format!("/groups/{group}/members"), add)
            }
            11 => {
                let what = if dice.one_in(2) { "archive" } else { "unarchive" };
                operation(Method::POST, format!("/groups/{group}/{what}"), Value::Null)
            }
            12 if dice.one_in(3) => operation(Method::DELETE, format!("/groups/{group}"), Value::Null),
            _ => operation(Method::PUT, format!("/users/{user}/roles"), json!({ "roles": [role] })),
        }
    }

    fn person(&self, tenant: &Tenant, dice: &mut Dice) -> Value {
        let mut person = json!({ "userName": format!("{}@example.com", name(dice)) });
        if dice.one_in(2) {
            person[ENTERPRISE] = json!({ "department": *dice.pick(&["red", "green", "blue"]) });
        }
        if dice.one_in(3) {
            person["roles"] = roles(dice);
        }
        if dice.one_in(4) {
            person["active"] = dice.one_in(2).into();
        }
        if dice.one_in(3) {
            person[USER] = json!({ "organization": dice.pick(&tenant.organizations) });
        } else if dice.one_in(4) {
            person[USER] = json!({ "memberships": [{ "value": dice.pick(&self.groups) }] });
        }
        person
    }

    fn user_changes(&self, tenant: &Tenant, dice: &mut Dice) -> Value {
        let group = dice.pick(&self.groups);
        let replace = |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
        match dice.below(14) {
            0..=1 => replace(&format!("{ENTERPRISE}:department"), json!(*dice.pick(&["red", "green", "blue"]))),
            2 => replace("title", json!(*dice.pick(&["Boss", "Boss of all", "Clerk"]))),
            3..=4 => replace("active", dice.one_in(2).into()),
            5 => replace("roles", roles(dice)),
            6 => json!([{ "op": "remove", "path": "roles" }]),
            7 => replace(&format!("{USER}:organization"), dice.pick(&tenant.organizations).as_str().into()),
            8 => json!([{ "op": "remove", "path": format!("{USER}:organization") }]),
            9 => replace(&format!("{USER}:primaryGroup"), group.as_str().into()),
            10 => json!([{ "op": "add", "path": format!("{USER}:memberships"), "value": [{ "value": group }] }]),
            11 => replace(&format!("{USER}:memberships"), json!([{ "value": group, "primary": true }])),
            12 => replace(&format!("{USER}:memberships[value eq \"{group}\"].groupAdmin"), dice.one_in(2).into()),
            _ => json!([{ "op": "remove", "path": format!("{USER}:memberships") }]),
        }
    }

    fn team(&self, dice: &mut Dice) -> Value {
        let members: Vec<Value> = (0..dice.below(3)).map(|_| json!({ "value": dice.pick(&self.users) })).collect();
        json!({ "displayName": name(dice), "members": members })
    }

    fn group_changes(&self, dice: &mut Dice) -> Value {
        let user = dice.pick(&self.users);
        match dice.below(10) {
            0..=3 => {
                let members: Vec<Value> =
                    (0..1 + dice.below(2)).map(|_| json!({ "value": dice.pick(&self.users) })).collect();
                json!([{ "op": "add", "path": "members", "value": members }])
            }
            4..=5 => json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]),
            6 => {
                let path = format!("{GROUP}:memberSettings[value eq \"{user}\"].canSend");
                json!([{ "op": "replace", "path": path, "value": dice.one_in(2) }])
            }
            7 => json!([{ "op": "replace", "path": "displayName", "value": name(dice) }]),
            8 => json!([{ "op": "replace", "path": format!("{GROUP}:archived"), "value": dice.one_in(3) }]),
            _ => json!([{ "op": "replace", "path": format!("{GROUP}:roles"), "value": roles(dice) }]),
        }
    }
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": [PATCH_OP], "Operations": operations })
}

/// Few enough that they meet.
fn name(dice: &mut Dice) -> String {
    format!("name{}", dice.below(12))
}

fn roles(dice: &mut Dice) -> Value {
    json!([{ "value": *dice.pick(&["Administrator", "User", "finance_admin", "Astronaut"]) }])
}

impl Done {
    /// What this operation may have changed.
    pub fn check(&self, before: &State, after: &State, tenant: &Tenant) -> Result<(), String> {
        self.administrators(before, after, tenant)?;
        self.the_removed(before, after)?;
        self.versions(before, after)?;
        self.origins(before, after, tenant)?;
        if self.interface != Interface::Bulk
            && self.status >= 400
            && (&before.users, &before.groups) != (&after.users, &after.groups)
        {
            return Err("a refusal has changed something".to_owned());
        }
        if self.path.to_lowercase().starts_with("/groups") {
            self.organizations_stay(before, after)?;
        }
        Ok(())
    }

    /// Invariant 3.
    fn administrators(&self, before: &State, after: &State, tenant: &Tenant) -> Result<(), String> {
        if before.has_admin(None) && !after.has_admin(None) {
            return Err("the account has lost its last administrator".to_owned());
        }
        if tenant.policies.last_admin_scope == GuardScope::Organization {
            let lost = |id: &&Id| before.has_admin(Some(**id)) && !after.has_admin(Some(**id));
            if let Some(id) = after.organizations.iter().find(lost) {
                return Err(format!("organization {id} has lost its last administrator"));
            }
        }
        Ok(())
    }

    /// Invariant 4: removed users never change.
    fn the_removed(&self, before: &State, after: &State) -> Result<(), String> {
        match before.removed.iter().find(|(id, row)| after.removed.get(id) != Some(row)) {
            Some((id, _)) => Err(format!("the removed user {id} has changed")),
            None => Ok(()),
        }
    }

    /// Invariant 7: the version and the time move with every effect and only then.
    fn versions(&self, before: &State, after: &State) -> Result<(), String> {
        for (id, old) in &before.users {
            let Some(new) = after.users.get(id) else { continue };
            let moved = old.row.stored.version != new.row.stored.version;
            if moved != (old.visible() != new.visible()) && self.interface != Interface::Bulk {
                return Err(format!("user {id} has changed and his version not, or the reverse: {old:?} {new:?}"));
            }
            if new.row.stored.version < old.row.stored.version
                || (!moved && new.row.stored.last_modified != old.row.stored.last_modified)
            {
                return Err(format!("version or time of user {id} went wrong: {old:?} {new:?}"));
            }
        }
        for (id, old) in before.groups.iter().filter(|(id, _)| !before.is_default(**id)) {
            let Some(new) = after.groups.get(id) else { continue };
            let members = |state: &State| -> Vec<(Id, bool, bool)> {
                state.members(*id).map(|(user, held)| (user, held.group_admin, held.can_send)).collect()
            };
            let visible =
                (&old.stored.body, old.archived, members(before)) != (&new.stored.body, new.archived, members(after));
            let moved = old.stored.version != new.stored.version;
            if moved != visible && self.interface != Interface::Bulk {
                return Err(format!("group {id} has changed and its version not, or the reverse: {old:?} {new:?}"));
            }
        }
        Ok(())
    }

    /// Invariant 4: a grant disappears only through its own origin. An administrator may take away what others gave.
    fn origins(&self, before: &State, after: &State, tenant: &Tenant) -> Result<(), String> {
        if self.interface == Interface::Admin {
            return Ok(());
        }
        let own = Origin::Scim(tenant.connection);
        let may_go = |origin: &Origin| *origin == own || matches!(origin, Origin::Rule(_) | Origin::Fallback);
        for (id, old) in &before.users {
            let Some(new) = after.users.get(id) else { continue };
            let (was, is) = (old.row.placement.placement(), new.row.placement.placement());
            let (was, is) = (was.expect("a placement"), is.expect("a placement"));
            for grant in &was.roles {
                let left =
                    is.roles.iter().find(|left| (&left.key, &left.wish.value) == (&grant.key, &grant.wish.value));
                let lost = |origin: &&Origin| !left.is_some_and(|left| left.origins.contains(origin));
                if let Some(origin) = grant.origins.iter().filter(lost).find(|origin| !may_go(origin)) {
                    return Err(format!("user {id} has lost a role that {origin} gave: {grant:?}"));
                }
            }
            if tenant.policies.groups_mode == GroupsMode::Single {
                continue;
            }
            for held in old.memberships.iter().filter(|held| after.groups.contains_key(&held.group)) {
                let left = new.memberships.iter().find(|left| left.group == held.group);
                let lost = |origin: &&Origin| !left.is_some_and(|left| left.origins.contains(origin));
                let given_by_others = held.origins.iter().filter(lost).find(|origin| !may_go(origin));
                // Out of Default by automatic reassignment.
                if let Some(origin) = given_by_others.filter(|_| !before.is_default(held.group)) {
                    return Err(format!("user {id} has lost a membership that {origin} gave: {held:?}"));
                }
            }
        }
        Ok(())
    }

    /// Invariant 5: groups never change a user's organization.
    fn organizations_stay(&self, before: &State, after: &State) -> Result<(), String> {
        let of = |state: &State, id: &Id| state.users.get(id).map(|person| person.row.placement.organization_id);
        match before.users.keys().find(|id| after.users.contains_key(id) && of(before, id) != of(after, id)) {
            Some(id) => Err(format!("a group has moved user {id} to another organization")),
            None => Ok(()),
        }
    }
}
