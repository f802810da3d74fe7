//! Pages by cursor (RFC 9865): to the end in every order, while others write, and good for nothing else.

use crate::paging::{follow, names, users, walk};
use crate::support::{Database, Server, fresh, on_both, send};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

on_both! {
    /// RFC 9865 §2.1: every page but the last has a nextCursor; pages have no startIndex.
    async fn a_cursor_leads_through_all_to_the_end(server) {
        let all = users(&server, 11).await;
        for count in [1, 4, 11] {
            assert_eq!(names(&by_cursor(&server, "/Users?", count).await), all, "count={count}");
        }
        let first = server.get("/Users?cursor=&count=4").await.expect(200).body;
        assert_eq!((first.get("startIndex"), &first["itemsPerPage"]), (None, &json!(4)));
        let empty = server.get("/Users?cursor=&count=0").await.expect(200).body;
        assert_eq!(
            (empty.get("nextCursor"), &empty["totalResults"], &empty["itemsPerPage"]),
            (None, &json!(11), &json!(0))
        );
    }

    /// RFC 7644 §3.4.2.3: a user without the attribute comes last, and first when the order is descending.
    async fn a_sorted_cursor_passes_users_without_the_key(server) {
        for (name, title) in
            [("a", Some("m")), ("b", None), ("c", Some("Z")), ("d", Some("b")), ("e", None), ("f", Some("B"))]
        {
            server.post("/Users", json!({ "userName": name, "title": title })).await.expect(201);
        }
        for count in [1, 2, 4] {
            let ascending = by_cursor(&server, "/Users?sortBy=title&", count).await;
            assert_eq!(names(&ascending).concat(), "dfacbe", "count={count}");
            let descending = by_cursor(&server, "/Users?sortBy=title&sortOrder=descending&", count).await;
            assert_eq!(names(&descending).concat(), "ebcafd", "count={count}");
            assert_eq!(walk(&server, "/Users?sortBy=title&sortOrder=descending", count).await.0.concat(), "ebcafd");
        }
    }

    /// RFC 9865 §2: what comes or goes between two pages shows nothing twice and hides nothing that stays.
    async fn changes_between_pages_show_nothing_twice(server) {
        for (round, order) in ["", "sortBy=userName&", "sortBy=userName&sortOrder=descending&"].iter().enumerate() {
            let stay: Vec<String> = (1..=9).map(|number| format!("r{round}-{number}")).collect();
            for name in &stay {
                server.user(name).await;
            }
            let path = format!("/Users?{order}filter=userName sw \"r{round}\"&");
            let first = server.get(&format!("{path}cursor=&count=3")).await.expect(200);
            let mut seen = names(first.resources());

            let last_seen = first.resources()[2]["id"].as_str().expect("an id");
            server.delete(&format!("/Users/{last_seen}")).await.expect(204);
            for name in ["-0", "-45", "-99"] {
                server.user(&format!("r{round}{name}")).await;
            }
            seen.extend(names(&follow(&server, &path, 3, &first).await));

            let distinct: HashSet<&String> = seen.iter().collect();
            assert_eq!(distinct.len(), seen.len(), "{order}: {seen:?}");
            assert!(stay.iter().all(|name| distinct.contains(name)), "{order}: {seen:?}");
        }
    }

    /// RFC 9865 §2.2, §5: forged, foreign, and of another query are all the same `invalidCursor`.
    async fn a_cursor_is_good_for_its_own_query_only(server) {
        users(&server, 6).await;
        let first = server.get("/Users?cursor=&count=2").await.expect(200);
        let cursor = first.body["nextCursor"].as_str().expect("a cursor").to_owned();
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "{cursor}");
        let mut forged = cursor.clone();
        forged.replace_range(
            cursor.len() / 2..=cursor.len() / 2,
            if cursor.as_bytes()[cursor.len() / 2] == b'A' { "B" } else { "A" },
        );

        for (query, scim_type) in [
            (format!("count=2&cursor={forged}"), "invalidCursor"),
            ("count=2&cursor=nonsense".to_owned(), "invalidCursor"),
            (format!("count=2&cursor={cursor}&filter=userName pr"), "invalidCursor"),
            (format!("count=2&cursor={cursor}&sortBy=userName"), "invalidCursor"),
            (format!("count=2&cursor={cursor}&attributes=userName"), "invalidCursor"),
            (format!("count=3&cursor={cursor}"), "invalidCount"),
            (format!("cursor={cursor}"), "invalidCount"),
            ("count=1001&cursor=".to_owned(), "invalidCount"),
        ] {
            assert_eq!(server.get(&format!("/Users?{query}")).await.expect(400).scim_type(), scim_type, "{query}");
        }
        let other = server.other_account("other").await;
        let url = format!("{}/Users?count=2&cursor={cursor}", server.base_url);
        let foreign = send(server.client.get(url).bearer_auth(other)).await.expect(400);
        let unknown = server.get("/Users?count=2&cursor=nonsense").await;
        assert_eq!((foreign.scim_type(), &foreign.body["detail"]), ("invalidCursor", &unknown.body["detail"]));
    }

    /// RFC 9865 §2: only the cursor differs from page to page; another endpoint is another query.
    async fn a_cursor_of_users_is_not_good_for_groups(server) {
        users(&server, 3).await;
        let first = server.get("/Users?cursor=&count=2").await.expect(200);
        let cursor = first.body["nextCursor"].as_str().expect("a cursor");
        for path in ["/Groups", "/"] {
            let reply = server.get(&format!("{path}?count=2&cursor={cursor}")).await.expect(400);
            assert_eq!(reply.scim_type(), "invalidCursor", "{path}");
        }
    }
}

/// RFC 9865 §2.2: `expiredCursor`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_expires() {
    let (url, _folder) = fresh(Database::Sqlite).await;
    let server = Server::start_on(url, |config| config.scim.cursor_timeout_seconds = 0).await;
    users(&server, 3).await;
    let first = server.get("/Users?cursor=&count=1").await.expect(200);
    let next = format!("/Users?count=1&cursor={}", first.body["nextCursor"].as_str().expect("a cursor"));
    server.get(&next).await.expect(200);

    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(server.get(&next).await.expect(400).scim_type(), "expiredCursor");
}

async fn by_cursor(server: &Server, path: &str, count: usize) -> Vec<Value> {
    let first = server.get(&format!("{path}cursor=&count={count}")).await.expect(200);
    let mut all = first.resources().to_vec();
    all.extend(follow(server, path, count, &first).await);
    all
}
