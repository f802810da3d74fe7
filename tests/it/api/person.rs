//! What tests about people and groups in the admin API need.

use crate::support::{Reply, Server, send};
use reqwest::Method;
use scim_connector::domain::{Id, PlainSecret, SecretKind};
use scim_connector::storage::rows::{AdminKeyRow, AuditRow};
use scim_connector::storage::{AuditQuery, Error as StorageError, Tx};
use serde_json::{Value, json};

pub const XU: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";
pub const XG: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:Group";

/// Users whom an administrator makes are active at once.
pub async fn direct(server: &Server) {
    server.policies(&[("activation.admin", "direct")]).await;
}

pub async fn get(server: &Server, path: &str) -> Reply {
    server.api(Method::GET, path, None).await
}

/// A new user; his id.
pub async fn person(server: &Server, email: &str, more: Value) -> String {
    let mut body = json!({ "email": email });
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    server.api(Method::POST, "/users", Some(body)).await.expect(201).id()
}

pub async fn admin(server: &Server, email: &str) -> String {
    person(server, email, json!({ "roles": ["administrator"] })).await
}

/// A new group; its id.
pub async fn team(server: &Server, name: &str, members: &[&String]) -> String {
    let body = json!({ "name": name, "members": members });
    server.api(Method::POST, "/groups", Some(body)).await.expect(201).id()
}

/// A new organization with a sender of its own; its id.
pub async fn organization(server: &Server, name: &str, sender: &str) -> String {
    let set = json!({
        "name": format!("Settings of {name}"),
        "sender": { "name": name, "email": sender },
        "expiration": { "days": 30, "reminderDays": 3 },
    });
    let set = server.api(Method::POST, "/settings-sets", Some(set)).await.expect(201).id();
    let body = json!({ "name": name, "settingsSet": set });
    server.api(Method::POST, "/organizations", Some(body)).await.expect(201).id()
}

/// The id of the Default group.
pub async fn default_group(server: &Server) -> String {
    let groups = get(server, "/groups").await.expect(200);
    let default = groups.items().iter().find(|group| group["default"] == true).expect("a default group");
    default["id"].as_str().expect("an id").to_owned()
}

/// A key that acts as a user.
pub async fn key_of(server: &Server, user: &str) -> String {
    let secret = PlainSecret::generate(SecretKind::AdminKey).expect("a secret");
    let id = Id::new();
    let row = AdminKeyRow {
        hash: secret.hash().0,
        id: id.into(),
        account_id: server.account.into(),
        created_at: id.created(),
        revoked_at: None,
        last_used_at: None,
        user_id: Some(user.parse::<Id>().expect("an id").into()),
    };
    let work = async move |tx: &mut Tx<'_>| tx.insert_admin_key(&row).await;
    server.app.service.db.write::<(), StorageError, _>(work).await.expect("the key is written");
    secret.reveal().to_owned()
}

pub async fn api_as(server: &Server, key: &str, method: Method, path: &str, body: Value) -> Reply {
    let url = server.base_url.replace("/scim/v2", "/api/v1");
    let request = server.client.request(method, format!("{url}{path}")).bearer_auth(key);
    send(if body.is_null() { request } else { request.json(&body) }).await
}

/// The audit entries about somebody or something, the newest first.
pub async fn audit(server: &Server, subject: Option<&str>) -> Vec<AuditRow> {
    let (account, subject) = (server.account, subject.map(str::to_owned));
    let work = async move |tx: &mut Tx<'_>| {
        let query = AuditQuery { subject: subject.clone(), limit: 1_000, ..AuditQuery::default() };
        tx.audit(account, &query).await
    };
    server.app.service.db.read::<_, StorageError, _>(work).await.expect("the audit trail")
}

/// Everything that a refusal must leave as it was.
pub async fn state(server: &Server) -> Value {
    let users = get(server, "/users").await.expect(200).body;
    let removed = get(server, "/users?status=removed").await.expect(200).body;
    let groups = get(server, "/groups?archived=all").await.expect(200).body;
    json!([users, removed, groups, audit(server, None).await.len()])
}

/// Sends a request that must be refused, and checks that it changed nothing.
pub async fn refused(server: &Server, request: (Method, &str, Value), status: u16, code: &str) -> Reply {
    let (method, path, body) = request;
    let before = state(server).await;
    let reply = server.api(method, path, (!body.is_null()).then_some(body)).await.expect(status);
    assert_eq!((reply.code(), reply.header("content-type")), (code, "application/problem+json"), "{}", reply.body);
    assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.ends_with(['.', '"'])), "{}", reply.body);
    assert_eq!(state(server).await, before, "{code} changed something");
    reply
}

/// Tries a request, and checks that this changed nothing; what it would have answered.
pub async fn tried(server: &Server, method: Method, path: &str, body: Value) -> Value {
    let before = state(server).await;
    let path = format!("{path}?dry_run=true");
    let reply = server.api(method, &path, (!body.is_null()).then_some(body)).await.expect(200);
    assert_eq!(reply.body["dryRun"], true);
    assert_eq!(state(server).await, before, "a dry run changed something");
    reply.body
}

/// The names of a user's groups, the primary one first.
pub fn groups_of(user: &Value) -> Vec<String> {
    let list = user["memberships"].as_array().expect("memberships");
    let name = |held: &&Value| held["group"]["name"].as_str().expect("a name").to_owned();
    let (primary, others): (Vec<&Value>, Vec<&Value>) = list.iter().partition(|held| held["primary"] == true);
    assert_eq!(primary.len(), 1, "exactly one is primary: {user}");
    let mut others: Vec<String> = others.iter().map(name).collect();
    others.sort();
    primary.iter().map(name).chain(others).collect()
}

pub fn action<'v>(view: &'v Value, name: &str) -> &'v Value {
    let actions = view["actions"].as_array().expect("actions");
    actions.iter().find(|action| action["action"] == name).unwrap_or_else(|| panic!("no action {name} in {view}"))
}
