//! Conversations as identity providers hold them, one fixture file each: requests in their order with what matters of
//! the answers. The shapes are those of `idp.md` 2.1 (Entra) and 3.2, 3.3 (Okta).
//!
//! An exchange is `{"title", "method", "path", "headers"?, "body"?, "expect": {"status", "body"?, "headers"?}, "save"?}`.
//! An expected body is a part of the real one; null stands for "not there". `save` keeps parts of the answer, found by
//! JSON pointer, for `{{name}}` in later exchanges; `{{base}}` and `{{token}}` are always there.

use crate::support::{Server, on_both, send};
use reqwest::Method;
use serde_json::Value;
use std::collections::HashMap;

on_both! {
    /// idp.md 2.1: the default dialect, `Replace` and `Add` with typed paths, booleans as text.
    async fn entra_without_the_flag(server) {
        replay(&server, include_str!("fixtures/entra_unflagged.json")).await;
    }

    /// idp.md 2.1 with `aadOptscim062020`: one path-less replace with dotted and URN-qualified keys.
    async fn entra_with_the_flag(server) {
        replay(&server, include_str!("fixtures/entra_flagged.json")).await;
    }

    /// idp.md 2.1 E13–E19: groups, in both dialects.
    async fn entra_pushes_groups(server) {
        replay(&server, include_str!("fixtures/entra_groups.json")).await;
    }

    /// idp.md 3.1: an app of the integration wizard never sends PATCH.
    async fn okta_with_put(server) {
        replay(&server, include_str!("fixtures/okta_put.json")).await;
    }

    /// idp.md 3.1: a catalogue app sends PATCH.
    async fn okta_with_patch(server) {
        replay(&server, include_str!("fixtures/okta_patch.json")).await;
    }

    /// idp.md 3.3: the twelve requests of "Okta SCIM 2.0 SPEC Test"; it needs one user before.
    async fn the_okta_spec_test(server) {
        let user = serde_json::json!({
            "userName": "first@example.com", "name": { "givenName": "First", "familyName": "User" },
            "emails": [{ "value": "first@example.com", "type": "work", "primary": true }], "active": true,
        });
        server.post("/Users", user).await.expect(201);
        replay(&server, include_str!("fixtures/okta_spec.json")).await;
    }
}

pub async fn replay(server: &Server, fixture: &str) {
    replay_as(server, fixture, |_| ()).await;
}

/// The same conversation where some answers are to be others.
pub async fn replay_as(server: &Server, fixture: &str, adjust: fn(&mut Value)) {
    let mut variables =
        HashMap::from([("base".to_owned(), server.base_url.clone()), ("token".to_owned(), server.token.clone())]);
    let mut exchanges: Vec<Value> = serde_json::from_str(fixture).expect("the fixture is JSON");
    exchanges.iter_mut().for_each(adjust);
    for (number, exchange) in exchanges.iter().enumerate() {
        let exchange = fill(exchange, &variables);
        let title = format!("{}. {}", number + 1, exchange["title"].as_str().expect("a title"));
        let reply = send(request(server, &exchange)).await;

        let expected = &exchange["expect"];
        assert_eq!(Value::from(reply.status.as_u16()), expected["status"], "{title}: {}", reply.body);
        if let Some(body) = expected.get("body") {
            let difference = differs(body, &reply.body);
            assert_eq!(difference, None, "{title}: {}", reply.body);
        }
        for (name, value) in expected["headers"].as_object().into_iter().flatten() {
            assert_eq!(value, reply.header(name), "{title}: {name}");
        }
        for (name, pointer) in exchange["save"].as_object().into_iter().flatten() {
            let found = reply.body.pointer(pointer.as_str().expect("a pointer"));
            let found = found.and_then(Value::as_str).unwrap_or_else(|| panic!("{title}: no {pointer}"));
            variables.insert(name.clone(), found.to_owned());
        }
    }
}

/// The token goes along unless the exchange brings its own Authorization. A body keeps its Content-Type.
fn request(server: &Server, exchange: &Value) -> reqwest::RequestBuilder {
    let text = |name: &str| exchange[name].as_str().unwrap_or_else(|| panic!("no {name} in {exchange}"));
    let method = Method::from_bytes(text("method").as_bytes()).expect("a method");
    let mut request = server.client.request(method, format!("{}{}", server.base_url, text("path")));
    let none = serde_json::Map::new();
    let headers = exchange["headers"].as_object().unwrap_or(&none);
    for (name, value) in headers {
        request = request.header(name, value.as_str().expect("a text"));
    }
    if !headers.contains_key("Authorization") {
        request = request.bearer_auth(&server.token);
    }
    match exchange.get("body") {
        Some(body) if headers.contains_key("Content-Type") => request.body(body.to_string()),
        Some(body) => request.header("Content-Type", "application/scim+json; charset=utf-8").body(body.to_string()),
        None => request,
    }
}

fn fill(value: &Value, variables: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => variables.iter().fold(text.clone(), filled).into(),
        Value::Array(items) => items.iter().map(|item| fill(item, variables)).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), fill(value, variables))).collect(),
        other => other.clone(),
    }
}

fn filled(text: String, (name, value): (&String, &String)) -> String {
    text.replace(&format!("{{{{{name}}}}}"), value)
}

/// Where an answer is not as expected, if anywhere: objects may have more, lists may not.
fn differs(expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(members), Value::Object(_)) => members.iter().find_map(|(name, value)| {
            differs(value, actual.get(name).unwrap_or(&Value::Null)).map(|at| format!("/{name}{at}"))
        }),
        (Value::Array(wanted), Value::Array(items)) if wanted.len() == items.len() => {
            let mut pairs = wanted.iter().zip(items).enumerate();
            pairs.find_map(|(index, (wanted, item))| differs(wanted, item).map(|at| format!("/{index}{at}")))
        }
        _ if expected == actual => None,
        _ => Some(format!(" should be {expected} and is {actual}")),
    }
}
