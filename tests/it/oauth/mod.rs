//! OAuth: clients with secrets and assertions, issuers that are trusted, the keys of both sides.

mod assertions;
mod bearer;
mod issuer;
mod keys;
mod rotation;
mod secrets;

use crate::support::{Database, Reply, Server, send};
use issuer::{Issuer, Key};
use reqwest::Method;
use scim_connector::config::Config;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn start(database: Database) -> Server {
    Server::start_with(database, local).await
}

fn local(config: &mut Config) {
    config.oauth.allow_private_issuers = true;
}

/// Where a server is, without the path of an interface.
fn root(server: &Server) -> String {
    server.base_url.trim_end_matches("/scim/v2").to_owned()
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("small")
}

/// A new client of the server's connection.
async fn client(server: &Server, body: Value) -> String {
    let path = format!("/connections/{}/oauth-clients", server.connection);
    server.api(Method::POST, &path, Some(body)).await.expect(201).id()
}

/// A new secret: its id and itself.
async fn secret(server: &Server, client: &str) -> (String, String) {
    let path = format!("/oauth-clients/{client}/client-secrets");
    let made = server.api(Method::POST, &path, Some(json!({}))).await.expect(201);
    (made.id(), made.body["secret"].as_str().expect("shown once").to_owned())
}

/// A request to the token endpoint.
async fn ask(server: &Server, form: &[(&str, &str)]) -> Reply {
    let url = format!("{}/oauth/token", root(server));
    let reply = send(server.client.post(url).form(form)).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    reply
}

async fn ask_with_secret(server: &Server, client: &str, secret: &str) -> Reply {
    ask(server, &[("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret)]).await
}

async fn ask_with_assertion(server: &Server, client: &str, assertion: &str) -> Reply {
    ask(
        server,
        &[
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
            ("scope", "scim"),
        ],
    )
    .await
}

fn access_token(reply: &Reply) -> String {
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.body);
    reply.body["access_token"].as_str().expect("an access token").to_owned()
}

/// What a credential opens.
async fn open(server: &Server, credential: &str) -> Reply {
    send(server.client.get(format!("{}/Users?count=1", server.base_url)).bearer_auth(credential)).await
}

/// The error of RFC 6749 §5.2, with a sentence that holds a word.
#[track_caller]
fn is_error(reply: &Reply, status: u16, error: &str, word: &str) {
    assert_eq!((reply.status.as_u16(), reply.body["error"].as_str()), (status, Some(error)), "{}", reply.body);
    let detail = reply.body["error_description"].as_str().expect("a sentence");
    assert!(detail.contains(word), "{detail}");
    assert!(detail.is_ascii() && !detail.contains(['"', '\\']), "RFC 6749 §5.2 allows no such character: {detail}");
    if status == 401 {
        assert!(reply.header("www-authenticate").starts_with("Basic"), "{:?}", reply.headers);
    }
}

/// The SCIM error of RFC 6750, with a sentence that holds a word.
#[track_caller]
fn is_unauthorized(reply: &Reply, word: &str) {
    assert_eq!(reply.status.as_u16(), 401, "{}", reply.body);
    assert!(reply.header("www-authenticate").starts_with("Bearer"));
    let detail = reply.body["detail"].as_str().expect("a sentence");
    assert!(detail.contains(word), "{detail}");
}
