//! The OpenAPI document of the admin API says what the server does.

use crate::support::{Database, Server, send};
use reqwest::Method;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

async fn document(server: &Server) -> Value {
    let url = server.base_url.replace("/scim/v2", "/api/v1/openapi.json");
    let reply = send(server.client.get(url)).await.expect(200);
    assert_eq!(reply.header("content-type"), "application/json");
    reply.body
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}"))
}

/// What is documented is served, and a path that is documented serves nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_router_and_the_document_have_the_same_operations() {
    let server = Server::start(Database::Sqlite).await;
    let document = document(&server).await;
    let paths = members(&document["paths"]);
    assert!(paths.len() >= 7);
    for (path, operations) in paths {
        let mut documented: BTreeSet<String> = members(operations).keys().map(|method| method.to_uppercase()).collect();
        if documented.contains("GET") {
            documented.insert("HEAD".to_owned());
        }
        // No operation is documented for TRACE, so the router tells what there is.
        let reply = send(server.api_request(Method::TRACE, &path.replace(['{', '}'], ""))).await.expect(405);
        let served: BTreeSet<String> =
            reply.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
        assert_eq!(served, documented, "{path}");
    }
}

/// `routes!` takes documented handlers only, so no route is made in another way; the document itself is the exception.
#[test]
fn no_route_is_made_without_documentation() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/api")];
    let mut found = Vec::new();
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            folders.extend(std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = std::fs::read_to_string(path).expect("a source file");
        let made =
            text.split(".route(").skip(1).chain(text.split(".nest(").skip(1)).chain(text.split(".merge(").skip(1));
        found.extend(made.map(|rest| rest.split([',', ')']).next().unwrap_or_default().to_owned()));
    }
    found.sort();
    assert_eq!(found, ["\"/openapi.json\"", "openapi::router(document"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_whole() {
    let server = Server::start(Database::Sqlite).await;
    let document = document(&server).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    assert_eq!(document["servers"][0]["url"], "/api/v1");
    references(&document, &document);

    let mut ids = BTreeSet::new();
    for (path, operations) in members(&document["paths"]) {
        for (method, operation) in members(operations) {
            let name = format!("{method} {path}");
            assert!(ids.insert(operation["operationId"].to_string()), "{name}: its id is taken");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{name}: no summary");
            let responses = members(&operation["responses"]);
            assert!(responses.keys().any(|status| status.starts_with('2')), "{name}");
            let mut errors = vec!["400", "401", "503"];
            if path.contains('{') {
                errors.push("404");
            }
            let parameters = operation["parameters"].as_array().expect("a list");
            let has =
                |place: &str, name: &str| parameters.iter().any(|known| known["in"] == place && known["name"] == name);
            if method != "get" {
                errors.extend(["409", "412", "413", "422"]);
                assert!(
                    has("query", "dry_run") && has("header", "If-Match") && has("header", "Idempotency-Key"),
                    "{name}"
                );
            }
            for error in errors {
                let schema = &responses[error]["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{name}: {error}");
            }
            for part in path.split('{').skip(1) {
                let id = part.split('}').next().expect("a part");
                assert!(has("path", id), "{name}: {id}");
            }
        }
    }
}

/// Every `$ref` leads somewhere.
fn references(document: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.strip_prefix('#').expect("within the document");
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            members.values().for_each(|value| references(document, value));
        }
        Value::Array(items) => items.iter().for_each(|value| references(document, value)),
        _ => {}
    }
}
