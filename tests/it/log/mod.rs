//! The provisioning log: what it tells, what it never holds, how it is kept short, and that it holds nobody up.

mod entries;
mod masking;
mod reading;
mod retention;
mod trouble;

use crate::support::{Reply, Server, send};
use reqwest::Method;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The log of the server's connection under these filters.
async fn page(server: &Server, filters: &[(&str, &str)]) -> Reply {
    let path = format!("/connections/{}/log", server.connection);
    send(server.api_request(Method::GET, &path).query(filters)).await
}

/// The entries under these filters when there are at least so many, the newest first.
async fn entries(server: &Server, filters: &[(&str, &str)], least: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let found = page(server, filters).await.expect(200).items().to_vec();
        if found.len() >= least {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{filters:?}: {found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The entry of an answer, whole.
async fn entry(server: &Server, reply: &Reply) -> Value {
    let path = format!("/log/{}", reply.header("x-request-id"));
    let begun = Instant::now();
    loop {
        let found = server.api(Method::GET, &path, None).await;
        if found.status == 200 {
            return found.body;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{path}: {}", found.body);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Everything that the log of the connection says, bodies included, as text.
async fn everything(server: &Server) -> String {
    let mut all = String::new();
    for one in entries(server, &[], 1).await {
        let path = format!("/log/{}", one["requestId"].as_str().expect("an id"));
        all.push_str(&server.api(Method::GET, &path, None).await.expect(200).body.to_string());
        all.push('\n');
    }
    all
}
