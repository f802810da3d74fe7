//! Limits of connections and keys.

use super::{ask, code, defaults, number};
use crate::support::{Database, Reply, Server};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use reqwest::Method;
use scim_connector::admin;
use scim_connector::domain::{Dialect, RateLimit};
use serde_json::json;
use std::time::Duration;
use tokio::time::interval;

const HEADERS: [&str; 3] = ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"];

#[track_caller]
fn is_told_to_wait(reply: &Reply) {
    assert_eq!((reply.status.as_u16(), code(reply)), (429, "rate_limited"), "{}", reply.body);
    assert_eq!((&reply.body["status"], reply.header("content-type")), (&json!("429"), "application/scim+json"));
    let wait = number(reply, "retry-after");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(number(reply, "x-rate-limit-retry-after-seconds"), wait);
    assert_eq!(number(reply, "x-rate-limit-remaining"), 0);
    assert!(number(reply, "x-rate-limit-limit") > 0 && number(reply, "x-rate-limit-reset") > 0);
}

/// So many requests, one each time this has passed. How many were 2xx and 429; nothing else may come.
async fn send_all(server: &Server, token: &str, count: usize, distance: Duration) -> [usize; 2] {
    let mut tick = interval(distance);
    let mut counts = [0, 0];
    let mut waiting = FuturesUnordered::new();
    let mut left = count;
    while left > 0 || !waiting.is_empty() {
        tokio::select! {
            _ = tick.tick(), if left > 0 => {
                waiting.push(ask(server, token));
                left -= 1;
            }
            Some(reply) = waiting.next() => counts[counted(&reply)] += 1,
        }
    }
    counts
}

/// 0 for success, 1 for "too many".
#[track_caller]
fn counted(reply: &Reply) -> usize {
    match reply.status.as_u16() {
        200 => 0,
        429 => {
            is_told_to_wait(reply);
            1
        }
        other => panic!("{other}: {}", reply.body),
    }
}

/// Sends as fast as it can until the bucket is empty; how many were answered before.
async fn empty_the_bucket(server: &Server, token: &str) -> usize {
    let mut answered = 0;
    for _ in 0..500 {
        let together: Vec<usize> = join_all((0..16).map(|_| ask(server, token))).await.iter().map(counted).collect();
        answered += together.iter().filter(|counted| **counted == 0).count();
        if together.contains(&1) {
            return answered;
        }
    }
    panic!("8,000 requests in a row were answered");
}

/// The first answer that is a refusal.
async fn refused(mut ask: impl AsyncFnMut() -> Reply) -> Reply {
    for _ in 0..50 {
        let reply = ask().await;
        if reply.status == 429 {
            return reply;
        }
    }
    panic!("50 requests in a row were answered");
}

/// idp.md 6.1 case 18: 25 requests a second are never refused, also with an empty bucket; a flood is, and nobody else is.
async fn is_fair(database: Database) {
    let server = Server::start_with(database, defaults).await;
    let other = server.connect("other", Dialect::Okta).await;
    let (flood, calm) = tokio::join!(empty_the_bucket(&server, &server.token), async {
        let mut counts = Vec::new();
        for _ in 0..20 {
            counts.push(counted(&ask(&server, &other).await));
        }
        counts
    });
    assert!(flood >= 100, "the burst is taken: {flood}");
    assert_eq!(calm, vec![0; 20], "the other connection does not feel it");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(send_all(&server, &server.token, 50, Duration::from_millis(40)).await[1], 0, "25 a second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_refused_and_25_a_second_are_not_sqlite() {
    is_fair(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_refused_and_25_a_second_are_not_postgres() {
    is_fair(Database::Postgres).await;
}

/// The whole minute: `cargo test --test it a_minute -- --ignored --nocapture`.
async fn lasts_a_minute(database: Database) {
    let server = Server::start_with(database, defaults).await;
    let other = server.connect("other", Dialect::Okta).await;
    let minute = send_all(&server, &server.token, 60 * 25, Duration::from_millis(40));
    let flood = send_all(&server, &other, 20 * 100, Duration::from_millis(10));
    let (minute, flood) = tokio::join!(minute, flood);
    println!("{database:?}: 25/s for 60 s: {minute:?}; 100/s for 20 s beside it: {flood:?} (2xx, 429)");
    assert_eq!((minute[1], flood[1] > 0), (0, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes more than a minute"]
async fn a_minute_at_25_a_second_sqlite() {
    lasts_a_minute(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes more than a minute"]
async fn a_minute_at_25_a_second_postgres() {
    lasts_a_minute(Database::Postgres).await;
}

/// Every answer to a connection says where it stands; without a limit there is nothing to say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_says_where_the_connection_stands() {
    let server = Server::start_with(Database::Sqlite, defaults).await;
    let first = ask(&server, &server.token).await.expect(200);
    assert_eq!(HEADERS.map(|name| number(&first, name)), [100, 99, 1]);
    let missing = server.get("/Users/nobody").await.expect(404);
    assert!(number(&missing, "x-rate-limit-remaining") < 100 && missing.header("retry-after").is_empty());
    let stranger = ask(&server, "sct_wrong").await.expect(401);
    assert!(HEADERS.iter().all(|name| stranger.header(name).is_empty()), "{:?}", stranger.headers);

    let free = Server::start(Database::Sqlite).await;
    let reply = ask(&free, &free.token).await.expect(200);
    assert!(HEADERS.iter().all(|name| reply.header(name).is_empty()), "{:?}", reply.headers);
}

/// Also when its caller has to be looked up after all; and a token that opens nothing any more takes nothing away from others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_counted_once() {
    let server = Server::start(Database::Sqlite).await;
    server.configure(|connection| connection.settings.rate_limit = Some(RateLimit { per_second: 1, burst: 60 })).await;
    let db = &server.app.service.db;
    let ended = admin::create_token(db, server.account, server.connection, None).await.expect("a token");
    ask(&server, ended.secret.reveal()).await.expect(200);
    let left = async || number(&ask(&server, &server.token).await.expect(200), "x-rate-limit-remaining");
    let before = left().await;
    for _ in 0..6 {
        server.get("/Users/nobody").await.expect(404);
        server.post("/Groups", json!({ "no": "group" })).await.expect(400);
    }
    admin::revoke_token(db, ended.id, server.app.now()).await.expect("it is revoked");
    for _ in 0..4 {
        ask(&server, ended.secret.reveal()).await.expect(401);
    }
    // Twelve, the one that asks, and the first one of the token, which was presumed to be good.
    assert!(left().await + 14 >= before, "{before} before");
}

/// A limit of its own counts for the next request; it holds where the server has none, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_has_a_limit_of_its_own() {
    let server = Server::start(Database::Sqlite).await;
    server.configure(|connection| connection.settings.rate_limit = Some(RateLimit { per_second: 1, burst: 2 })).await;
    assert_eq!(number(&ask(&server, &server.token).await.expect(200), "x-rate-limit-limit"), 2);
    is_told_to_wait(&refused(async || server.post("/Groups", json!({ "no": "group" })).await).await);
    server.configure(|connection| connection.settings.rate_limit = Some(RateLimit { per_second: 1, burst: 7 })).await;
    assert_eq!(number(&ask(&server, &server.token).await.expect(200), "x-rate-limit-limit"), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_admin_key_has_a_limit_too() {
    let server = Server::start_with(Database::Sqlite, |config| {
        config.limits.admin_requests_per_second = 1;
        config.limits.admin_burst = 3;
    })
    .await;
    for _ in 0..3 {
        server.api(Method::GET, "/account", None).await.expect(200);
    }
    let refused = refused(async || server.api(Method::GET, "/account", None).await).await;
    assert_eq!((refused.code(), refused.header("content-type")), ("rate_limited", "application/problem+json"));
    assert!(number(&refused, "retry-after") >= 1 && number(&refused, "x-rate-limit-limit") == 3);
    ask(&server, &server.token).await.expect(200);
}
