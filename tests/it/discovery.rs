//! What the server says about itself (RFC 7643 §5–7, RFC 7644 §4). The snapshots are the published contract: to change
//! one of them is to change what clients see.

use crate::support::{Database, Server, on_both};
use serde_json::Value;

/// The discovery documents do not depend on the database.
async fn server() -> Server {
    Server::start(Database::Sqlite).await
}

/// A document with `{base}` for the address of this run.
async fn document(server: &Server, path: &str) -> Value {
    let body = server.get(path).await.expect(200).body;
    serde_json::from_str(&body.to_string().replace(&server.base_url, "{base}")).expect("still JSON")
}

/// RFC 7643 §5, RFC 9865 §4 (`pagination`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_provider_config_is_what_was_published() {
    let server = server().await;
    insta::assert_json_snapshot!("service_provider_config", document(&server, "/ServiceProviderConfig").await);
}

/// RFC 7643 §6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_resource_types_are_what_was_published() {
    let server = server().await;
    insta::assert_json_snapshot!("resource_types", document(&server, "/ResourceTypes").await);
}

/// RFC 7643 §7; Entra E21 reads it when the provisioning page opens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schemas_are_what_was_published() {
    let server = server().await;
    insta::assert_json_snapshot!("schemas", document(&server, "/Schemas").await);
}

/// RFC 7644 §4: each document can be read by itself, also with its colons escaped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_listed_document_is_found_under_its_own_name() {
    let server = server().await;
    for list in ["/Schemas", "/ResourceTypes"] {
        let listed = server.get(list).await.expect(200);
        assert_eq!(listed.body["totalResults"], listed.resources().len(), "{list}");

        for entry in listed.resources() {
            let id = entry["id"].as_str().expect("an id");
            for name in [id.to_owned(), id.to_uppercase(), id.replace(':', "%3A")] {
                assert_eq!(&server.get(&format!("{list}/{name}")).await.expect(200).body, entry, "{list}/{name}");
            }
            assert_eq!(entry["meta"]["location"], format!("{}{list}/{id}", server.base_url));
        }
    }
}

/// Entra E21: "no null-valued keys"; a validator walks every attribute.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_discovery_document_holds_a_null() {
    let server = server().await;
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
        let body = server.get(path).await.expect(200).body;
        assert!(!has_null(&body), "{path}: {body}");
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

on_both! {
    /// RFC 7644 §4: filters on discovery are refused with 403; names that are not there are 404.
    async fn discovery_refuses_filters_and_unknown_names(server) {
        for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
            server.find(path, "id eq \"User\"").await.expect(403);
        }
        for path in ["/Schemas/urn:nobody", "/ResourceTypes/Robot"] {
            server.get(path).await.expect(404);
        }
    }
}
