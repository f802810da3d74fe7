//! The internal model over SCIM: where a person stands in the product after a push, and what the product refuses.

mod ceiling;
mod doors;
mod extensions;
mod flags;
mod group_roles;
mod guardrails;
mod joiner;
mod last_admin;
mod leaver;
mod malformed;
mod mover;
mod origins;
mod rehire;
mod rules;
mod scopes;
mod single_group;

use crate::support::{Reply, Server, send};
use reqwest::Method;
use scim_connector::domain::{Dialect, Id, PlainSecret, RoleCeiling, Rule, RuleGroup, RuleSet, SecretKind};
use scim_connector::storage::rows::TokenRow;
use scim_connector::storage::{Error as StorageError, Tx};
use serde_json::{Value, json};

pub const XU: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";
pub const XG: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:Group";
const DETAIL: &str = "urn:ietf:params:scim:api:messages:connector:2.0:ErrorDetail";
/// An id that nobody has.
pub const NOBODY: &str = "0197a000-0000-7000-8000-000000000000";

/// The code of a refusal.
pub fn code(reply: &Reply) -> &str {
    reply.body[DETAIL]["code"].as_str().unwrap_or_default()
}

/// Checks a refusal: its status, its code, its sentence.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, expected: &str) {
    assert_eq!((reply.status.as_u16(), code(reply)), (status, expected), "{}", reply.body);
    assert_eq!(reply.body["status"], status.to_string());
    assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{}", reply.body);
}

/// A PATCH operation that sets an attribute of the user's extension.
pub fn set(name: &str, value: Value) -> Value {
    json!([{ "op": "replace", "path": format!("{XU}:{name}"), "value": value }])
}

/// The same for a group.
pub fn set_group(name: &str, value: Value) -> Value {
    json!([{ "op": "replace", "path": format!("{XG}:{name}"), "value": value }])
}

pub fn add_member(user: &str) -> Value {
    json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }])
}

pub fn remove_member(user: &str) -> Value {
    json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }])
}

pub fn activate(active: bool) -> Value {
    json!([{ "op": "replace", "path": "active", "value": active }])
}

pub fn roles(values: &[&str]) -> Value {
    values.iter().map(|value| json!({ "value": value })).collect()
}

pub fn set_roles(values: &[&str]) -> Value {
    json!([{ "op": "replace", "path": "roles", "value": roles(values) }])
}

/// A rule that matches a department.
pub fn rule(department: &str, set: RuleSet) -> Rule {
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    Rule {
        id: Id::new(),
        name: department.to_owned(),
        when: format!("{enterprise}:department eq \"{department}\""),
        set,
    }
}

/// A user of this department.
pub fn in_department(user_name: &str, department: &str) -> Value {
    json!({
        "userName": user_name,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": department },
    })
}

pub fn department(value: &str) -> Value {
    let path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
    json!([{ "op": "replace", "path": path, "value": value }])
}

pub fn gives_roles(keys: &[&str]) -> RuleSet {
    RuleSet { roles: keys.iter().map(|key| (*key).to_owned()).collect(), ..RuleSet::default() }
}

pub fn gives_group(group: &str) -> RuleSet {
    let group = RuleGroup { group: group.parse().expect("an id"), group_admin: None, can_send: None };
    RuleSet { groups: vec![group], ..RuleSet::default() }
}

pub fn gives_organization(organization: Id) -> RuleSet {
    RuleSet { organization: Some(organization), ..RuleSet::default() }
}

/// What a user looks like in the product: everything that is shown on request only too.
pub async fn place(server: &Server, id: &str) -> Value {
    let reply = server.get(&format!("/Users/{id}?attributes={XU}")).await.expect(200);
    reply.body[XU].clone()
}

/// Names of a user's effective roles.
pub async fn effective(server: &Server, id: &str) -> Vec<String> {
    let place = place(server, id).await;
    let roles = place["effectiveRoles"].as_array().cloned().unwrap_or_default();
    roles.iter().map(|role| role["value"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The memberships of a user: display, primary, groupAdmin, canSend; in order of their names.
pub async fn memberships(server: &Server, id: &str) -> Vec<(String, bool, bool, bool)> {
    let place = place(server, id).await;
    let flag = |membership: &Value, name: &str| membership[name].as_bool().expect("a flag is always there");
    let one = |membership: &Value| {
        let name = membership["display"].as_str().unwrap_or_default().to_owned();
        let flags = ["primary", "groupAdmin", "canSend"].map(|name| flag(membership, name));
        (name, flags[0], flags[1], flags[2])
    };
    let mut found: Vec<_> = place["memberships"].as_array().expect("never none").iter().map(one).collect();
    found.sort();
    found
}

/// Names of the groups that a user is in, the primary one with a star.
pub async fn groups_of(server: &Server, id: &str) -> Vec<String> {
    let star = |primary: bool| if primary { "*" } else { "" };
    memberships(server, id).await.into_iter().map(|(name, primary, ..)| name + star(primary)).collect()
}

/// Everything about a resource that a reader sees.
pub async fn everything(server: &Server, path: &str) -> (Value, Value) {
    let plain = server.get(path).await;
    let urn = if path.starts_with("/Groups") { XG } else { XU };
    let full = server.get(&format!("{path}?attributes={urn},meta")).await;
    assert_eq!(plain.header("etag"), plain.body["meta"]["version"].as_str().unwrap_or_default());
    (plain.body, full.body)
}

/// Checks that a request is refused in this way and that these resources are as they were, with version and time.
pub async fn refuses(
    server: &Server,
    paths: &[&str],
    request: impl Future<Output = Reply>,
    status: u16,
    expected: &str,
) {
    let mut before = Vec::new();
    for path in paths {
        before.push(everything(server, path).await);
    }
    let totals = totals(server).await;
    refused(&request.await, status, expected);
    for (path, before) in paths.iter().zip(before) {
        assert_eq!(everything(server, path).await, before, "{path} after {expected}");
    }
    assert_eq!(self::totals(server).await, totals);
}

/// Checks that a request succeeds and that nothing moves, because everything was so already.
#[track_caller]
pub fn same(before: &(Value, Value), after: &(Value, Value)) {
    assert_eq!(before, after);
}

async fn totals(server: &Server) -> [Value; 2] {
    let users = server.get("/Users?count=0").await.body["totalResults"].clone();
    [users, server.get("/Groups?count=0").await.body["totalResults"].clone()]
}

/// An administrator with this userName; his id. The connection may grant that afterwards.
pub async fn administrator(server: &Server, user_name: &str) -> String {
    server.configure(|connection| connection.role_ceiling = RoleCeiling::Administrator).await;
    let body = json!({ "userName": user_name, "roles": roles(&["administrator"]) });
    server.post("/Users", body).await.expect(201).id()
}

/// A request with the token of another connection.
pub async fn by(server: &Server, token: &str, method: Method, path: &str, body: Value) -> Reply {
    let request = server.client.request(method, format!("{}{path}", server.base_url)).bearer_auth(token);
    send(if body.is_null() { request } else { request.json(&body) }).await
}

pub fn patch_of(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

pub async fn second_connection(server: &Server) -> String {
    server.connect("second", Dialect::Auto).await
}

/// One more organization, with a settings set of its own whose sender is `<name>@sets.example`.
pub async fn organization(server: &Server, name: &str) -> Id {
    let sender = json!({ "name": name, "email": format!("{}@sets.example", name.to_lowercase()) });
    let set = json!({ "displayName": name, "sender": sender, "expiration": { "days": 30, "reminderDays": 3 } });
    let set = server.post("/SettingsSets", set).await.expect(201).id();
    let organization = json!({ "displayName": name, "settingsSet": { "value": set } });
    let made = server.post("/Organizations", organization).await.expect(201);
    made.id().parse().expect("an id")
}

/// A token of the server's connection that stands for a person.
pub async fn token_of(server: &Server, user: &str) -> String {
    let secret = PlainSecret::generate(SecretKind::Token).expect("a secret");
    let (id, user) = (Id::new(), user.parse::<Id>().expect("an id"));
    let row = TokenRow {
        hash: secret.hash().0,
        id: id.into(),
        account_id: server.account.into(),
        connection_id: server.connection.into(),
        created_at: id.created(),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        user_id: Some(user.into()),
        replaced_by: None,
    };
    let work = async move |tx: &mut Tx<'_>| tx.insert_token(&row).await;
    server.app.service.db.write::<(), StorageError, _>(work).await.expect("the token is written");
    secret.reveal().to_owned()
}

/// The events of one kind, oldest first, once there are so many: they are shown when older transactions have ended.
pub async fn events(server: &Server, kind: &str, at_least: usize) -> Vec<Value> {
    for _ in 0..100 {
        let account = server.account;
        let work = async move |tx: &mut Tx<'_>| tx.events(account, 0, 10_000).await;
        let rows = server.app.service.db.read::<_, StorageError, _>(work).await.expect("events are read");
        let found: Vec<Value> = rows
            .iter()
            .filter(|row| row.kind == kind)
            .map(|row| {
                let data: Value = serde_json::from_str(&row.data).expect("JSON");
                json!({ "cause": row.cause, "subject": row.subject_id, "version": row.version, "data": data })
            })
            .collect();
        if found.len() >= at_least {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("there are fewer than {at_least} events {kind}")
}
