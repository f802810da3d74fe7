//! What is counted, as Prometheus reads it.

use crate::support::{Database, Folder, Server, on_both, send};
use reqwest::Method;
use scim_connector::domain::Dialect;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::TcpListener;

/// The samples by name and labels, after every line was looked at.
async fn samples(server: &Server) -> BTreeMap<String, f64> {
    let url = server.base_url.replace("/scim/v2", "/metrics");
    let reply = send(server.client.get(url)).await.expect(200);
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"), "{:?}", reply.headers);
    let text = reply.body.as_str().expect("text");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    let parse = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
        let word = name.split('{').next().unwrap_or_default();
        assert!(word.starts_with("scim_connector_"), "{line}");
        assert!(word.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
        assert_eq!(name.contains('{'), name.ends_with('}'), "{line}");
        (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
    };
    lines.map(parse).collect()
}

fn requests(operation: &str, status: u16, connection: &str) -> String {
    format!(
        "scim_connector_requests_total{{operation=\"{operation}\",status=\"{status}\",connection=\"{connection}\"}}"
    )
}

on_both! {
    /// Requests by operation, status and connection; refusals by reason; how busy the database is.
    async fn what_was_sent_is_counted(server) {
        let user = server.user("polly").await;
        let group = server.group("Team", &[]).await;
        for _ in 0..3 {
            server.get(&format!("/Users/{user}")).await.expect(200);
        }
        server.get("/Users/nobody").await.expect(404);
        server.get("/Users").await.expect(200);
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
        server.patch(&format!("/Groups/{group}"), add).await.expect(200);
        server.delete(&format!("/Groups/{group}")).await.expect(204);
        server.post("/Bulk", json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [] })).await;
        server.get("/Schemas").await.expect(200);
        let path = format!("/connections/{}", server.connection);
        server.api(Method::GET, &path, None).await.expect(200);
        send(server.client.get(format!("{}/Users", server.base_url))).await.expect(401);
        send(server.client.get(format!("{}/Users", server.base_url)).bearer_auth("sct_wrong")).await.expect(401);
        send(server.client.get(format!("{}/a/b", server.base_url))).await.expect(404);

        let found = samples(&server).await;
        let own = server.connection.to_string();
        for (name, expected) in [
            (requests("users.create", 201, &own), 1.0),
            (requests("users.read", 200, &own), 3.0),
            (requests("users.read", 404, &own), 1.0),
            (requests("users.list", 200, &own), 1.0),
            (requests("users.list", 401, "none"), 2.0),
            (requests("groups.create", 201, &own), 1.0),
            (requests("groups.patch", 200, &own), 1.0),
            (requests("groups.delete", 204, &own), 1.0),
            (requests("discovery.schemas", 200, &own), 1.0),
            (requests("api.connections.get", 200, "none"), 1.0),
            (requests("unknown", 404, "none"), 1.0),
            ("scim_connector_request_duration_seconds_count{operation=\"users.read\"}".to_owned(), 4.0),
            ("scim_connector_request_duration_seconds_bucket{le=\"+Inf\",operation=\"users.read\"}".to_owned(), 4.0),
            ("scim_connector_failed_authentications_total{reason=\"missing\"}".to_owned(), 1.0),
            ("scim_connector_failed_authentications_total{reason=\"unknown\"}".to_owned(), 1.0),
            ("scim_connector_throttled_total".to_owned(), 0.0),
            ("scim_connector_overloaded_total".to_owned(), 0.0),
            ("scim_connector_requests_in_flight".to_owned(), 0.0),
            (format!("scim_connector_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1.0),
        ] {
            assert_eq!(found.get(&name), Some(&expected), "{name}: {found:#?}");
        }
        assert!(found["scim_connector_start_time_seconds"] > 1.6e9 && found["scim_connector_open_connections"] >= 1.0);
        let of_database: &[&str] = match server.database {
            Database::Sqlite => {
                assert!(found["scim_connector_commit_batch_size_count"] >= 4.0, "{found:#?}");
                assert!(found["scim_connector_commit_batch_size_sum"] >= 4.0, "{found:#?}");
                &["queue_depth{queue=\"writer\"}", "queue_depth{queue=\"scanners\"}", "commit_batch_size_bucket{le=\"256.0\"}"]
            }
            Database::Postgres => &[
                "pool_connections{state=\"in_use\"}",
                "pool_connections{state=\"idle\"}",
                "pool_waiting",
                "pool_most_connections",
            ],
        };
        for name in of_database {
            assert!(found.contains_key(&format!("scim_connector_{name}")), "{name}: {found:#?}");
        }
        let text = format!("{found:?}");
        assert!(!text.contains("polly") && !text.contains(&user) && !text.contains(&server.token));
    }
}

/// What clients send does not make the list longer without end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_stays_short() {
    let server = Server::start_with(Database::Sqlite, |config| config.metrics.connections = 1).await;
    let other = server.connect("other", Dialect::Auto).await;
    server.get("/Users").await.expect(200);
    for method in ["BREW", "WHEN"] {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        send(server.request(method, "/Users")).await.expect(405);
    }
    for path in ["/Users", "/Users/a", "/Users/b"] {
        send(server.client.get(format!("{}{path}", server.base_url)).bearer_auth(&other)).await;
    }
    let found = samples(&server).await;
    assert_eq!(found.get(&requests("users.list", 200, "other")), Some(&1.0), "{found:#?}");
    assert_eq!(found.get(&requests("users.read", 404, "other")), Some(&2.0), "{found:#?}");
    let own = server.connection.to_string();
    assert_eq!(found.get(&requests("users.other", 405, &own)), Some(&2.0), "{found:#?}");
}

/// contract.md: on its own listener when `metrics.listen` is set, and then only there.
#[test]
fn the_metrics_have_a_listener_of_their_own() {
    let folder = Folder::new();
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let file = folder.0.join("settings.toml");
    std::fs::write(&file, format!("[metrics]\nlisten = \"127.0.0.1:{port}\"\n")).expect("it is written");
    let mut running = folder.serve(&["--config", file.to_str().expect("UTF-8")]);
    let main = running.printed("SCIM base URL").replace("/scim/v2", "");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::new();
        let get = async |url: String| send(client.get(url)).await;
        get(format!("{main}/metrics")).await.expect(404);
        let reply = get(format!("http://127.0.0.1:{port}/metrics")).await.expect(200);
        assert!(reply.body.to_string().contains("scim_connector_requests_total"), "{}", reply.body);
        get(format!("http://127.0.0.1:{port}/healthz")).await.expect(200);
        get(format!("http://127.0.0.1:{port}/scim/v2/Users")).await.expect(404);
    });
    assert_eq!(running.terminate(), 0);
}
