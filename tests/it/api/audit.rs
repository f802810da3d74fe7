//! The audit trail and the change feed.

use super::{USER, api_as, events, is_problem, organization};
use crate::support::{Server, on_both};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

on_both! {
    /// E-38: who did what, through which connection, from what to what, and what decided it.
    async fn an_entry_says_everything(server) {
        let sales = organization(&server, "Sales").await;
        let path = format!("/connections/{}/rules", server.connection);
        let rules = json!({ "rules": [{ "name": "s", "when": "title eq \"s\"", "set": { "organization": "Sales", "roles": ["User"] } }] });
        let rule = server.api(Method::PUT, &path, Some(rules)).await.expect(200).body["rules"][0]["id"].clone();
        let rule = format!("rule:{}", rule.as_str().expect("an id"));
        let made = server.post("/Users", json!({ "userName": "ada", "title": "s" })).await.expect(201);
        let list = server.api(Method::GET, &format!("/audit?subject={}", made.id()), None).await.expect(200);
        let [entry] = list.items() else { panic!("one entry: {}", list.body) };
        assert_eq!((&entry["action"], &entry["actor"]), (&json!("user.created"), &json!(format!("connection:{}", server.connection))));
        assert_eq!(entry["connection"], server.connection.to_string());
        assert_eq!((&entry["requestId"], &entry["why"]), (&json!(made.header("x-request-id")), &Value::Null));
        assert_eq!(entry["subject"], json!({ "kind": "user", "id": made.id() }));
        let change = |field: &str| {
            let changes = entry["changes"].as_array().expect("changes");
            changes.iter().find(|change| change["field"] == field).unwrap_or_else(|| panic!("no {field}")).clone()
        };
        assert_eq!(change("userName"), json!({ "field": "userName", "from": null, "to": "ada" }));
        assert_eq!(change("organization"), json!({
            "field": "organization", "from": null, "to": { "id": sales, "name": "Sales" }, "by": rule }));
        assert_eq!((&change("roles")["to"], &change("roles")["by"]), (&json!("standard_user"), &json!(rule)));

        let move_ = json!([{ "op": "replace", "path": "title", "value": "t" }]);
        let moved = server.patch(&format!("/Users/{}", made.id()), move_).await.expect(200);
        let list = server.api(Method::GET, &format!("/audit?subject={}", made.id()), None).await.expect(200);
        assert_eq!(list.items().len(), 2);
        let entry = &list.items()[0];
        assert_eq!((&entry["action"], &entry["requestId"]), (&json!("user.updated"), &json!(moved.header("x-request-id"))));
        let changes = entry["changes"].as_array().expect("changes");
        assert!(changes.contains(&json!({ "field": "title", "from": "s", "to": "t" })), "{entry}");
        assert!(changes.iter().any(|change| change["field"] == "organization" && change["from"]["name"] == "Sales"), "{entry}");
        // What changes nothing leaves no entry, nor does what is refused.
        server.patch(&format!("/Users/{}", made.id()), json!([{ "op": "replace", "path": "title", "value": "t" }])).await.expect(200);
        server.post("/Users", json!({ "userName": "ada" })).await.expect(409);
        assert_eq!(server.api(Method::GET, &format!("/audit?subject={}", made.id()), None).await.expect(200).items().len(), 2);
        assert_eq!(server.api(Method::GET, "/audit?action=user.created", None).await.expect(200).items().len(), 1);
    }

    /// E-38: the newest first, page by page, by subject, actor and action.
    async fn the_trail_is_read_page_by_page(server) {
        for number in 0..5 {
            server.user(&format!("u{number}")).await;
        }
        server.api(Method::POST, "/connections", Some(json!({ "name": "HR" }))).await.expect(201);
        let all = server.api(Method::GET, "/audit", None).await.expect(200);
        assert_eq!(all.items().len(), 6);
        assert_eq!(all.items()[0]["action"], "connection.created");
        let (mut found, mut path) = (Vec::new(), "/audit?limit=2".to_owned());
        loop {
            let page = server.api(Method::GET, &path, None).await.expect(200);
            assert!(page.items().len() <= 2);
            found.extend(page.items().to_vec());
            let Some(cursor) = page.body["nextCursor"].as_str() else { break };
            path = format!("/audit?limit=2&cursor={cursor}");
        }
        assert_eq!(found, all.items());
        let count = async |query: &str| server.api(Method::GET, &format!("/audit?{query}"), None).await.expect(200).items().len();
        assert_eq!(count("actor=account").await, 1);
        assert_eq!(count(&format!("actor=connection:{}", server.connection)).await, 5);
        assert_eq!(count("action=user.created&actor=account").await, 0);
        assert_eq!(count("subject=nobody").await, 0);
        is_problem(&server.api(Method::GET, "/audit?cursor=x", None).await, 400, "cursor_invalid");
        is_problem(&server.api(Method::GET, "/audit?subjct=x", None).await, 400, "parameter_unknown");
        let other = server.other_admin_key("other").await;
        let id = found[5]["subject"]["id"].as_str().expect("an id").to_owned();
        for path in ["/audit".to_owned(), format!("/audit?subject={id}"), "/events".to_owned()] {
            let reply = api_as(&server, &other, Method::GET, &path, None).await.expect(200);
            assert_eq!(reply.items().len(), 0, "{path}");
        }
    }

    async fn the_feed_is_followed_by_its_numbers(server) {
        let empty = server.api(Method::GET, "/events", None).await.expect(200);
        assert_eq!(empty.body, json!({ "items": [], "next": 0 }));
        let user = server.post("/Users", json!({ "userName": "ada", USER: { "username": "al" } })).await.expect(201);
        let title = json!([{ "op": "replace", "path": "title", "value": "t" }]);
        server.patch(&format!("/Users/{}", user.id()), title).await.expect(200);
        let all = events(&server, |events| events.iter().any(|event| event["kind"] == "user.updated")).await;
        assert_eq!(all[0]["kind"], "user.created");
        assert_eq!((&all[0]["subject"], &all[0]["version"]), (&json!({ "kind": "user", "id": user.id() }), &json!(1)));
        assert_eq!(all[0]["requestId"], user.header("x-request-id"));
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let page = server.api(Method::GET, &format!("/events?after={after}&limit=1"), None).await.expect(200);
            let next = page.body["next"].as_i64().expect("a number");
            match page.items() {
                [] => break assert_eq!(next, after),
                items => found.extend(items.to_vec()),
            }
            after = next;
        }
        assert_eq!(found, all);
        for query in ["after=-1", "after=x", "limit=0", "limit=1001"] {
            is_problem(&server.api(Method::GET, &format!("/events?{query}"), None).await, 400, "parameter_invalid");
        }
        // A dry run and a refusal tell nothing.
        server.api(Method::POST, "/connections?dry_run=true", Some(json!({ "name": "x" }))).await.expect(200);
        server.post("/Users", json!({ "userName": "ada" })).await.expect(409);
        server.user("last").await;
        let last = events(&server, |events| events.iter().filter(|event| event["kind"] == "user.created").count() == 2).await;
        assert_eq!(last.len(), all.len() + 1);
    }

    /// Whoever follows the feed while eight clients write misses nothing and gets nothing twice.
    async fn a_follower_misses_nothing(server) {
        follow(Arc::new(server)).await;
    }
}

async fn follow(server: Arc<Server>) {
    const CLIENTS: usize = 8;
    const EACH: usize = 12;
    let done = Arc::new(AtomicBool::new(false));
    let poller = {
        let (server, done) = (Arc::clone(&server), Arc::clone(&done));
        tokio::spawn(async move {
            let (mut seen, mut after) = (Vec::<Value>::new(), 0);
            let deadline = Instant::now() + Duration::from_secs(60);
            while Instant::now() < deadline {
                // Looked at first: an event that comes between the page and the end would be missed.
                let over = done.load(Ordering::SeqCst);
                let page = server.api(Method::GET, &format!("/events?after={after}&limit=7"), None).await.expect(200);
                after = page.body["next"].as_i64().expect("a number");
                seen.extend(page.items().to_vec());
                if page.items().is_empty() && over && seen.len() >= 2 * CLIENTS * EACH {
                    break;
                }
            }
            seen
        })
    };
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut ids = Vec::new();
                for number in 0..EACH {
                    let id = server.user(&format!("c{client}n{number}")).await;
                    let title = json!([{ "op": "replace", "path": "title", "value": "t" }]);
                    server.patch(&format!("/Users/{id}"), title).await.expect(200);
                    ids.push(id);
                }
                ids
            })
        })
        .collect();
    let mut made = BTreeSet::new();
    for client in clients {
        made.extend(client.await.expect("it ends"));
    }
    done.store(true, Ordering::SeqCst);
    let seen = poller.await.expect("it ends");
    let numbers: Vec<i64> = seen.iter().filter_map(|event| event["sequence"].as_i64()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "they rise and none comes twice");
    let of = |kind: &str| -> BTreeSet<String> {
        let those = seen.iter().filter(|event| event["kind"] == kind);
        those.filter_map(|event| event["subject"]["id"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(of("user.created"), made);
    let all = events(&server, |events| events.len() >= 2 * CLIENTS * EACH).await;
    assert_eq!(of("user.updated"), made);
    assert_eq!(seen, all, "the follower has seen what the feed holds");
}
