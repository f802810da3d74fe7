//! Failed authentications.

use super::{code, from, number};
use crate::support::{Database, Server, send};
use reqwest::Method;
use scim_connector::config::Config;
use scim_connector::domain::Dialect;
use std::time::Duration;

const HERE: &str = "192.0.2.7";

fn strict(config: &mut Config) {
    config.server.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    config.limits.failed_authentications = 3;
}

/// Who fails too often is not looked up any more; others, and who was good before, do not feel it.
async fn slows_strangers_alone(database: Database) {
    let server = Server::start_with(database, strict).await;
    let unused = server.connect("unused", Dialect::Auto).await;
    from(&server, HERE, &server.token).await.expect(200);
    for _ in 0..3 {
        from(&server, HERE, "sct_wrong").await.expect(401);
    }
    for token in ["sct_wrong", "sct_another", &unused] {
        let reply = from(&server, HERE, token).await.expect(429);
        assert_eq!((code(&reply), reply.header("content-type")), ("too_many_failures", "application/scim+json"));
        assert!((1..=60).contains(&number(&reply, "retry-after")), "{:?}", reply.headers);
        assert!(reply.header("www-authenticate").is_empty(), "a 429 asks for no credential");
    }
    from(&server, HERE, &server.token).await.expect(200);
    from(&server, "192.0.2.8", &unused).await.expect(200);
    from(&server, HERE, &unused).await.expect(200);
    from(&server, "192.0.2.8", "sct_wrong").await.expect(401);

    // The admin API is behind the same door.
    let api = server.base_url.replace("/scim/v2", "/api/v1/account");
    let key = |key: &str| server.client.request(Method::GET, &api).bearer_auth(key).header("x-forwarded-for", HERE);
    let reply = send(key("sca_wrong")).await.expect(429);
    assert_eq!((reply.code(), reply.header("content-type")), ("too_many_failures", "application/problem+json"));
    send(key(&server.admin_key)).await.expect(429);

    // Without a credential nothing is tried.
    let silent = server.client.get(format!("{}/Users", server.base_url)).header("x-forwarded-for", HERE);
    send(silent).await.expect(401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fails_too_often_has_to_wait_sqlite() {
    slows_strangers_alone(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fails_too_often_has_to_wait_postgres() {
    slows_strangers_alone(Database::Postgres).await;
}

/// Neighbours in one network of IPv6 are one host; when the window ends, all may try again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_ends() {
    let server = Server::start_with(Database::Sqlite, |config| {
        strict(config);
        config.limits.failure_window_seconds = 3;
    })
    .await;
    for host in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
        from(&server, host, "sct_wrong").await.expect(401);
    }
    from(&server, "2001:db8::ffff", "sct_wrong").await.expect(429);
    from(&server, "2001:db8:0:1::1", "sct_wrong").await.expect(401);
    tokio::time::sleep(Duration::from_millis(3100)).await;
    from(&server, "2001:db8::1", "sct_wrong").await.expect(401);
}

/// Known secrets pass the throttle, not the database: a revocation counts at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_is_refused_however_well_it_is_known() {
    for database in [Database::Sqlite, Database::Postgres] {
        let server = Server::start_with(database, strict).await;
        from(&server, HERE, &server.token).await.expect(200);
        let list = format!("/connections/{}/tokens", server.connection);
        let tokens = server.api(Method::GET, &list, None).await.expect(200);
        let path = format!("/tokens/{}", tokens.items()[0]["id"].as_str().expect("an id"));
        assert!(server.api(Method::DELETE, &path, None).await.status.is_success());
        for status in [401, 401, 401, 429] {
            from(&server, HERE, &server.token).await.expect(status);
        }
    }
}
