//! The admin API: who may ask, the form of errors, strictness, pages, versions, dry runs and repeated requests; and the
//! resources that need no model behind them.

mod account;
mod audit;
mod connections;
mod decisions;
mod document;
mod explain;
mod groups;
mod keys;
mod lifecycle;
mod organizations;
mod person;
mod rest;
mod rules;
mod schedule;
mod users;

use crate::support::{Database, Reply, Server, on_both, query, send};
use reqwest::Method;
use scim_connector::admin;
use scim_connector::storage::DatabaseUrl;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

on_both! {
    async fn every_error_is_a_problem(server) {
        let nothing = "0197a000-0000-7000-8000-000000000000";
        let bare = |path: &str| server.client.get(format!("{}{path}", api_url(&server)));
        let post = |body: &'static str| server.api_request(Method::POST, "/connections").body(body);
        for (status, code, request) in [
            (400, "body_malformed", post("{")),
            (400, "body_malformed", post("{\"name\":\"a\"} more")),
            (400, "body_missing", post("")),
            (422, "body_invalid", post("[]")),
            (422, "body_invalid", post("{\"nam\":\"a\"}")),
            (422, "value_invalid", post("{\"name\":\"  \"}")),
            (422, "value_invalid", post("{\"name\":\"a\",\"dialect\":\"klingon\"}")),
            (401, "unauthorized", bare("/connections")),
            (401, "unauthorized", bare("/connections/x")),
            (401, "unauthorized", bare("/connections").bearer_auth("sca_unknown")),
            (401, "unauthorized", bare("/connections").bearer_auth(&server.token)),
            (404, "path_unknown", server.api_request(Method::GET, "/robots")),
            (404, "path_unknown", server.api_request(Method::GET, "")),
            (404, "not_visible", server.api_request(Method::GET, &format!("/connections/{nothing}"))),
            (404, "not_visible", server.api_request(Method::GET, "/connections/x")),
            (404, "not_visible", server.api_request(Method::GET, "/connections/%ff")),
            (404, "not_visible", server.api_request(Method::DELETE, &format!("/tokens/{nothing}"))),
            (405, "method_not_allowed", server.api_request(Method::PUT, "/account")),
            (413, "too_large", server.api_request(Method::POST, "/connections").body(" ".repeat(1_048_577))),
        ] {
            let reply = send(request).await;
            is_problem(&reply, status, code);
            assert_eq!(reply.header("www-authenticate").is_empty(), status != 401);
        }
        let unknown = server.api(Method::GET, "/robots", None).await;
        let detail = unknown.body["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("/api/v1/robots"), "{detail}");
        let wrong = send(server.api_request(Method::PUT, "/account")).await;
        assert_eq!(wrong.header("allow"), "GET,HEAD,PATCH");
        assert_eq!(server.api(Method::GET, "/connections", None).await.expect(200).items().len(), 1);
    }

    /// A credential opens one interface only, and each says so in its own form.
    async fn no_credential_opens_both_interfaces(server) {
        let reply = send(server.client.get(format!("{}/account", api_url(&server))).bearer_auth(&server.token)).await;
        is_problem(&reply, 401, "unauthorized");
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("admin key")), "{}", reply.body);

        let scim = send(server.client.get(format!("{}/Users", server.base_url)).bearer_auth(&server.admin_key)).await;
        assert_eq!((scim.expect(401).header("content-type")), "application/scim+json");
    }

    async fn the_account_of_the_key_is_shown(server) {
        let reply = server.api(Method::GET, "/account", None).await.expect(200);
        assert_eq!(reply.body["id"], server.account.to_string());
        assert_eq!((&reply.body["name"], &reply.body["preset"]), (&json!("default"), &json!("default")));
        assert_eq!(reply.header("etag"), "W/\"1\"");
        assert_eq!(reply.header("content-type"), "application/json");
    }

    async fn a_connection_is_made_read_and_listed(server) {
        let body = json!({ "name": "Okta", "dialect": "okta", "roleCeiling": "administrator" });
        let made = server.api(Method::POST, "/connections", Some(body)).await.expect(201);
        assert_eq!((made.header("etag"), &made.body["version"]), ("W/\"1\"", &json!(1)));
        let read = server.api(Method::GET, &format!("/connections/{}", made.id()), None).await.expect(200);
        assert_eq!((&read.body, &read.body["roleCeiling"]), (&made.body, &json!("administrator")));
        let list = server.api(Method::GET, "/connections", None).await.expect(200);
        assert_eq!((list.items().last(), &list.body["nextCursor"]), (Some(&made.body), &Value::Null));

        let again = server.api(Method::POST, "/connections", Some(json!({ "name": "OKTA" }))).await;
        is_problem(&again, 409, "connection_name_taken");
        assert_eq!(again.body["holder"], made.body["id"]);
    }

    /// A misspelt parameter or member never passes in silence; the answer names it and what there is.
    async fn what_is_not_known_is_refused_by_name(server) {
        let reply = server.api(Method::GET, "/connections?limt=5", None).await;
        is_problem(&reply, 400, "parameter_unknown");
        assert_eq!((&reply.body["parameter"], &reply.body["known"]), (&json!("limt"), &json!(["limit", "cursor"])));
        for path in ["/connections?limit=0", "/connections?limit=1001", "/connections?limit=many"] {
            is_problem(&server.api(Method::GET, path, None).await, 400, "parameter_invalid");
        }
        let reply = server.api(Method::POST, "/connections?dry_run=perhaps", Some(json!({ "name": "a" }))).await;
        is_problem(&reply, 400, "parameter_invalid");

        let body = json!({ "name": "a", "colour": "red" });
        let reply = server.api(Method::POST, "/connections", Some(body)).await;
        is_problem(&reply, 422, "body_invalid");
        assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains("`colour`")), "{}", reply.body);
        let reply = server.api(Method::POST, "/connections", Some(json!({ "name": 5 }))).await;
        is_problem(&reply, 422, "body_invalid");
        assert_eq!(reply.body["field"], "name");
    }

    async fn a_list_is_read_page_by_page(server) {
        for number in 0..4 {
            server.api(Method::POST, "/connections", Some(json!({ "name": format!("c{number}") }))).await.expect(201);
        }
        let (mut names, mut path, mut pages) = (Vec::new(), "/connections?limit=2".to_owned(), 0);
        loop {
            let page = server.api(Method::GET, &path, None).await.expect(200);
            names.extend(page.items().iter().map(|item| item["name"].clone()));
            pages += 1;
            let Some(cursor) = page.body["nextCursor"].as_str() else { break };
            path = format!("/connections?limit=2&cursor={cursor}");
        }
        assert_eq!((names, pages), (vec![json!("default"), json!("c0"), json!("c1"), json!("c2"), json!("c3")], 3));
        for cursor in ["x", "%00", "eA", "!!!!", "AAAAAAAAAAAAAAAAAAAAAA"] {
            let reply = server.api(Method::GET, &format!("/connections?cursor={cursor}"), None).await;
            is_problem(&reply, 400, "cursor_invalid");
        }
    }

    /// Okta and Entra hold a token each; it is rotated without a gap.
    async fn a_token_is_made_used_and_revoked(server) {
        let path = format!("/connections/{}/tokens", server.connection);
        let made = server.api(Method::POST, &path, Some(json!({ "expiresInDays": 90 }))).await.expect(201);
        let secret = made.body["secret"].as_str().expect("it is shown once").to_owned();
        assert!(secret.starts_with("sct_") && made.body["expiresAt"].is_string(), "{}", made.body);
        let users = || send(server.client.get(format!("{}/Users", server.base_url)).bearer_auth(&secret));
        users().await.expect(200);

        let list = server.api(Method::GET, &path, None).await.expect(200);
        assert!(list.items().iter().all(|token| token.get("secret").is_none()), "{}", list.body);
        assert_eq!(list.items().last().map(|token| &token["id"]), Some(&made.body["id"]));

        let token = format!("/tokens/{}", made.id());
        let stale = send(server.api_request(Method::DELETE, &token).header("If-Match", "W/\"9\"")).await;
        is_problem(&stale, 412, "version_conflict");
        users().await.expect(200);
        send(server.api_request(Method::DELETE, &token).header("If-Match", made.header("etag"))).await.expect(204);
        users().await.expect(401);
        send(server.api_request(Method::DELETE, &token).header("If-Match", "*")).await.expect(204);
        let revoked = server.api(Method::GET, &path, None).await.expect(200);
        let last = revoked.items().last().expect("it is still listed");
        assert_eq!((last["revokedAt"].is_string(), &last["version"]), (true, &json!(2)));

        for days in [json!(0), json!(36_501)] {
            let reply = server.api(Method::POST, &path, Some(json!({ "expiresInDays": days }))).await;
            is_problem(&reply, 422, "value_invalid");
            assert_eq!(reply.body["field"], "expiresInDays");
        }
        server.api(Method::POST, &path, None).await.expect(201);
    }

    async fn a_key_can_revoke_every_key_but_itself(server) {
        let made = server.api(Method::POST, "/admin-keys", None).await.expect(201);
        let secret = made.body["secret"].as_str().expect("it is shown once").to_owned();
        let with = |method: Method, path: &str| {
            server.client.request(method, format!("{}{path}", api_url(&server))).bearer_auth(&secret)
        };
        let list = send(with(Method::GET, "/admin-keys")).await.expect(200);
        assert_eq!(list.items().len(), 2);
        let (first, own) = (list.items()[0]["id"].clone(), format!("/admin-keys/{}", made.id()));

        is_problem(&send(with(Method::DELETE, &own)).await, 409, "self_removal");
        server.app.write_last_uses().await;
        let list = server.api(Method::GET, "/admin-keys", None).await.expect(200);
        let is_used = |key: &Value| key["lastUsedAt"].is_string() && key["revokedAt"].is_null();
        assert!(list.items().iter().all(is_used), "{}", list.body);

        server.api(Method::DELETE, &own, None).await.expect(204);
        is_problem(&send(with(Method::GET, "/account")).await, 401, "unauthorized");
        assert_ne!(first, made.body["id"]);
    }

    /// Nothing of one account can be seen or changed with the key of another.
    async fn an_account_sees_nothing_of_another(server) {
        let other = server.other_admin_key("other").await;
        let with = |method: Method, path: &str| {
            server.client.request(method, format!("{}{path}", api_url(&server))).bearer_auth(&other)
        };
        let connection = format!("/connections/{}", server.connection);
        let tokens = format!("{connection}/tokens");
        let token = server.api(Method::GET, &tokens, None).await.expect(200).items()[0]["id"].clone();
        let key = server.api(Method::GET, "/admin-keys", None).await.expect(200).items()[0]["id"].clone();
        for (method, path) in [
            (Method::GET, connection),
            (Method::GET, tokens.clone()),
            (Method::POST, tokens),
            (Method::DELETE, format!("/tokens/{}", token.as_str().expect("an id"))),
            (Method::DELETE, format!("/admin-keys/{}", key.as_str().expect("an id"))),
        ] {
            is_problem(&send(with(method, &path)).await, 404, "not_visible");
        }
        assert_ne!(send(with(Method::GET, "/account")).await.expect(200).body["id"], server.account.to_string());
        assert_eq!(send(with(Method::GET, "/admin-keys")).await.expect(200).items().len(), 1);
        let theirs = send(with(Method::GET, "/connections")).await.expect(200);
        assert_ne!(theirs.items()[0]["id"], server.connection.to_string());
        server.get("/Users").await.expect(200);

        // A key is good within its account only.
        let body = json!({ "name": "same" });
        let make = |request: reqwest::RequestBuilder| request.json(&body).header("Idempotency-Key", "k");
        let one = send(make(server.api_request(Method::POST, "/connections"))).await.expect(201);
        let two = send(make(with(Method::POST, "/connections"))).await.expect(201);
        assert_ne!(one.id(), two.id());
    }

    /// contract.md: dry_run answers what would happen and changes nothing.
    async fn a_dry_run_changes_nothing(server) {
        let tokens = format!("/connections/{}/tokens", server.connection);
        let before = everything(&server).await;
        let body = json!({ "name": "Tried" });
        let tried = server.api(Method::POST, "/connections?dry_run=true", Some(body.clone())).await.expect(200);
        assert_eq!((&tried.body["dryRun"], &tried.body["status"]), (&json!(true), &json!(201)));
        assert_eq!((&tried.body["result"]["name"], &tried.body["warnings"]), (&json!("Tried"), &json!([])));
        let token = server.api(Method::POST, &format!("{tokens}?dry_run=true"), None).await.expect(200);
        assert_eq!(token.body["result"].get("secret"), None, "a secret that opens nothing is not shown");
        let id = before[1][0]["id"].as_str().expect("an id").to_owned();
        let revoked = server.api(Method::DELETE, &format!("/tokens/{id}?dry_run=true"), None).await.expect(200);
        assert_eq!((&revoked.body["status"], &revoked.body["result"]), (&json!(204), &Value::Null));
        let refused = server.api(Method::POST, "/connections?dry_run=true", Some(json!({ "name": "default" }))).await;
        is_problem(&refused, 409, "connection_name_taken");
        assert_eq!(everything(&server).await, before);

        // Nor does it take an Idempotency-Key.
        let with_key =
            |path: &str| server.api_request(Method::POST, path).json(&body).header("Idempotency-Key", "k");
        send(with_key("/connections?dry_run=true")).await.expect(200);
        send(with_key("/connections?dry_run=false")).await.expect(201);
    }

    async fn a_repeated_request_is_answered_as_before(server) {
        let make = |name: &str| {
            let request = server.api_request(Method::POST, "/connections").json(&json!({ "name": name }));
            request.header("Idempotency-Key", "a key")
        };
        let first = send(make("Okta")).await.expect(201);
        assert_eq!(first.header("idempotent-replay"), "");
        let again = send(make("Okta")).await.expect(201);
        assert_eq!((again.header("idempotent-replay"), again.header("etag")), ("true", first.header("etag")));
        assert_eq!(again.body, first.body);
        is_problem(&send(make("Entra")).await, 422, "idempotency_key_reused");

        // The answer of an error is not kept: once its cause is gone the same request succeeds.
        let token = |days: u32| {
            let request = server.api_request(Method::POST, &format!("/connections/{}/tokens", server.connection));
            request.json(&json!({ "expiresInDays": days })).header("Idempotency-Key", "b")
        };
        send(token(0)).await.expect(422);
        send(token(1)).await.expect(201);

        // Nothing comes back from an answer without a body, either.
        let key = server.api(Method::POST, "/admin-keys", None).await.expect(201).id();
        let path = format!("/admin-keys/{key}");
        let revoke = || server.api_request(Method::DELETE, &path).header("Idempotency-Key", "c");
        send(revoke()).await.expect(204);
        assert_eq!(send(revoke()).await.expect(204).header("idempotent-replay"), "true");

        for key in ["", " ", &"x".repeat(256)] {
            let reply = send(server.api_request(Method::POST, "/admin-keys").header("Idempotency-Key", key)).await;
            is_problem(&reply, 400, "idempotency_key_invalid");
        }

        // After a day the key is good for something else.
        let db = &server.app.service.db;
        admin::forget_answers(db, server.app.now() + 24 * 60 * 60 * 1000 + 1).await.expect("they are forgotten");
        assert_eq!(send(make("Entra")).await.expect(201).header("idempotent-replay"), "");
    }

    /// A secret is in one answer and nowhere else.
    async fn a_secret_is_never_stored(server) {
        let path = format!("/connections/{}/tokens", server.connection);
        let make = || server.api_request(Method::POST, &path).header("Idempotency-Key", "k");
        let made = send(make()).await.expect(201);
        let again = send(make()).await;
        is_problem(&again, 409, "idempotency_secret_shown");
        assert_eq!(again.body["id"], made.body["id"]);
        assert_eq!(server.api(Method::GET, &path, None).await.expect(200).items().len(), 2);

        let secret = made.body["secret"].as_str().expect("it is shown once").to_owned();
        let url = server.url.clone();
        let found = tokio::task::spawn_blocking(move || match url {
            DatabaseUrl::Sqlite(path) => {
                let log = path.with_extension("db-wal");
                [path, log].iter().any(|file| {
                    let bytes = std::fs::read(file).unwrap_or_default();
                    bytes.windows(secret.len()).any(|part| part == secret.as_bytes())
                })
            }
            DatabaseUrl::Postgres(url) => {
                query(&url, "SELECT count(*) FROM idempotency WHERE body LIKE '%sct_%'") != ["0"]
            }
        });
        assert!(!found.await.expect("it is looked for"));
    }

    async fn requests_with_one_key_that_meet_are_done_once(server) {
        meet([&server, &server]).await;
    }
}

/// The same with two replicas on one database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_with_one_key_that_meet_in_two_servers_are_done_once() {
    let one = Server::start(Database::Postgres).await;
    let mut two = Server::start_on(one.url.clone(), |_| ()).await;
    two.admin_key.clone_from(&one.admin_key);
    meet([&one, &two]).await;
}

async fn meet(servers: [&Server; 2]) {
    for round in 0..5 {
        let running: Vec<_> = (0..8)
            .map(|number| {
                let request = servers[number % 2].api_request(Method::POST, "/connections");
                let body = json!({ "name": format!("c{round}") });
                tokio::spawn(send(request.json(&body).header("Idempotency-Key", format!("k{round}"))))
            })
            .collect();
        let mut replies = Vec::new();
        for reply in running {
            replies.push(reply.await.expect("it ends").expect(201));
        }
        let firsts = replies.iter().filter(|reply| reply.header("idempotent-replay").is_empty()).count();
        assert_eq!(firsts, 1, "one request did the work");
        assert!(replies.iter().all(|reply| reply.body == replies[0].body), "{replies:?}");
    }
    assert_eq!(servers[0].api(Method::GET, "/connections", None).await.expect(200).items().len(), 6);
}

/// The answer comes in the form of this interface also when the server gives a request up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_takes_too_long_ends_with_a_problem() {
    let impatient = Server::start_with(Database::Sqlite, |config| config.server.request_timeout_seconds = 1).await;
    let address = impatient.base_url.replace("http://", "").replace("/scim/v2", "");
    let head = format!("POST /api/v1/connections HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\n", impatient.admin_key);
    let exchange = move || {
        let mut stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("it can be set");
        stream.write_all(format!("{head}Content-Length: 100\r\n\r\n{{").as_bytes()).expect("it is taken");
        let mut answer = vec![0; 4096];
        let length = stream.read(&mut answer).expect("an answer within ten seconds");
        String::from_utf8_lossy(&answer[..length]).to_lowercase()
    };
    let answer = tokio::task::spawn_blocking(exchange).await.expect("it ends");
    for part in ["http/1.1 503", "retry-after: 5", "application/problem+json", "\"code\":\"timeout\""] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
}

/// A request to the admin API with another key.
async fn api_as(server: &Server, key: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = server.client.request(method, format!("{}{path}", api_url(server))).bearer_auth(key);
    send(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

/// A key that stands for a user.
async fn key_of(server: &Server, user: &str) -> String {
    let made = server.api(Method::POST, "/admin-keys", Some(json!({ "user": user }))).await.expect(201);
    made.body["secret"].as_str().expect("it is shown once").to_owned()
}

/// The events of the account, once they hold what is waited for: PostgreSQL shows an event when older transactions of the
/// whole cluster have ended.
async fn events(server: &Server, until: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    for _ in 0..100 {
        let found = server.api(Method::GET, "/events?limit=1000", None).await.expect(200).items().to_vec();
        if until(&found) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is not in the feed after ten seconds");
}

/// The first event of a kind.
async fn event(server: &Server, kind: &str) -> Value {
    let is_it = |event: &&Value| event["kind"] == kind;
    let found = events(server, |events| events.iter().any(|event| is_it(&event))).await;
    found.iter().find(is_it).cloned().expect("it is there")
}

/// The newest entry of the audit trail with this action.
async fn entry(server: &Server, action: &str) -> Value {
    let list = server.api(Method::GET, &format!("/audit?action={action}"), None).await.expect(200);
    list.items().first().unwrap_or_else(|| panic!("no {action}")).clone()
}

/// One more organization that applies the default settings set.
async fn organization(server: &Server, name: &str) -> String {
    let body = json!({ "name": name, "settingsSet": "Default" });
    server.api(Method::POST, "/organizations", Some(body)).await.expect(201).id()
}

const USER: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:Group";

fn api_url(server: &Server) -> String {
    server.base_url.replace("/scim/v2", "/api/v1")
}

/// Connections, tokens and keys.
async fn everything(server: &Server) -> [Vec<Value>; 3] {
    let items = async |path: &str| server.api(Method::GET, path, None).await.expect(200).items().to_vec();
    let tokens = format!("/connections/{}/tokens", server.connection);
    [items("/connections").await, items(&tokens).await, items("/admin-keys").await]
}

#[track_caller]
fn is_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), reply.code()), (status, code), "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let body = &reply.body;
    assert_eq!((&body["status"], &body["type"]), (&json!(status), &json!("about:blank")), "{body}");
    assert_eq!(body["requestId"], reply.header("x-request-id"), "{body}");
    assert!(body["title"].is_string() && body["detail"].as_str().is_some_and(|text| text.ends_with('.')), "{body}");
}
