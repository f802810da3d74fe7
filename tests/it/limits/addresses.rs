//! Where a connection may come from.

use super::{code, from};
use crate::support::{Database, Reply, Server};
use scim_connector::domain::Dialect;

async fn allow(server: &Server, addresses: &[&str]) {
    let addresses: Vec<String> = addresses.iter().map(|text| (*text).to_owned()).collect();
    server.configure(move |connection| connection.settings.allowed_addresses.clone_from(&addresses)).await;
}

#[track_caller]
fn is_refused(reply: &Reply, address: &str) {
    assert_eq!((reply.status.as_u16(), code(reply)), (403, "address_not_allowed"), "{address}: {}", reply.body);
    assert!(reply.body["detail"].as_str().is_some_and(|detail| detail.contains(address)), "{}", reply.body);
}

/// Addresses and networks of both kinds, on the next request; another connection comes from anywhere.
async fn keeps_others_out(database: Database) {
    let server = Server::start_with(database, |config| {
        config.server.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    })
    .await;
    let other = server.connect("other", Dialect::Auto).await;
    from(&server, "192.0.2.7", &server.token).await.expect(200);
    allow(&server, &["198.51.100.0/24", "192.0.2.7", "2001:db8:1::/48", "::ffff:203.0.113.0/120", "10.1.2.3/8"]).await;
    let inside =
        ["198.51.100.1", "198.51.100.255", "192.0.2.7", "::ffff:192.0.2.7", "2001:db8:1:ffff::1", "203.0.113.9"];
    for address in inside.into_iter().chain(["::ffff:203.0.113.9", "10.255.0.1"]) {
        from(&server, address, &server.token).await.expect(200);
    }
    for address in ["198.51.101.1", "192.0.2.8", "2001:db8:2::1", "::1", "203.0.114.1"] {
        is_refused(&from(&server, address, &server.token).await, address);
        from(&server, address, &other).await.expect(200);
    }
    is_refused(&server.post("/Users", serde_json::json!({ "userName": "ada" })).await, "127.0.0.1");
    allow(&server, &[]).await;
    assert_eq!(server.get("/Users").await.expect(200).body["totalResults"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_comes_from_where_it_may_sqlite() {
    keeps_others_out(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_comes_from_where_it_may_postgres() {
    keeps_others_out(Database::Postgres).await;
}
