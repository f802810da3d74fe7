//! Lists in pages by index (RFC 7644 §3.4.2.4), in every order, over one type and over all.

use crate::groups::create_users;
use crate::support::{Database, Reply, Server, on_both, send};
use reqwest::Method;
use scim_connector::domain::{Kind, PlainSecret};
use scim_connector::provisioning;
use scim_connector::scim::list::Query;
use scim_connector::scim::schema::USER;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

on_both! {
    /// Okta O9, Entra E22: the pages are disjoint, in order of creation, and add up to `totalResults`.
    async fn pages_by_index_are_disjoint_and_complete(server) {
        let all = users(&server, 23).await;

        for count in [1, 5, 23, 100] {
            let (names, total) = walk(&server, "/Users", count).await;
            assert_eq!(names, all, "count={count}");
            assert_eq!(total, 23);
        }
        assert_eq!(walk(&server, "/Users?filter=userName sw \"u\"", 5).await.0, all);
    }

    /// RFC 7644 §3.4.2.4: startIndex below 1 is 1, a negative count is 0; a page is never larger than the maximum.
    async fn odd_page_numbers_are_read_as_the_rfc_says(server) {
        users(&server, 3).await;
        for (query, start, listed) in [
            ("startIndex=0", 1, 3),
            ("startIndex=-7&count=2", 1, 2),
            ("startIndex=2", 2, 2),
            ("startIndex=4", 4, 0),
            ("startIndex=9223372036854775807&count=1000", i64::MAX, 0),
            ("startIndex=99999999999999999999", i64::MAX, 0),
            ("count=0", 1, 0),
            ("count=-1", 1, 0),
            ("count=99999999999999999999", 1, 3),
            ("startINDEX=3&COUNT=1", 3, 1),
            ("startIndex=2&filter=userName sw \"u\"", 2, 2),
            ("startIndex=9223372036854775807&filter=userName sw \"u\"", i64::MAX, 0),
            ("startIndex=2&sortBy=userName&sortOrder=descending", 2, 2),
        ] {
            let page = server.get(&format!("/Users?{query}")).await.expect(200).body;
            assert_eq!(page["totalResults"], 3, "{query}");
            assert_eq!((&page["startIndex"], &page["itemsPerPage"]), (&json!(start), &json!(listed)), "{query}");
            assert_eq!(page["Resources"].as_array().map(Vec::len), Some(listed), "{query}");
        }
        for query in ["startIndex=x", "count=", "count=1.5", "sortOrder=sideways"] {
            server.get(&format!("/Users?{query}")).await.expect(400);
        }
    }

    /// RFC 7644 §3.4.2.3: of a list the primary element counts, else the first; text is compared without case.
    async fn every_kind_of_attribute_can_be_sorted_by(server) {
        for (name, family, email, second, active) in
            [("a", "beta", "c@x", "z@x", true), ("b", "Álpha", "A@x", "y@x", false), ("c", "ALPHA", "b@x", "x@x", true)]
        {
            let emails =
                json!([{ "value": second, "type": "home" }, { "value": email, "type": "work", "primary": true }]);
            let user =
                json!({ "userName": name, "name": { "familyName": family }, "emails": emails, "active": active });
            server.post("/Users", user).await.expect(201);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let a = server.find("/Users", "userName eq \"a\"").await.resources()[0]["id"].clone();
        server
            .patch(
                &format!("/Users/{}", a.as_str().expect("an id")),
                json!([{ "op": "add", "path": "title", "value": "x" }]),
            )
            .await
            .expect(200);
        for (sort_by, expected) in [
            ("userName", "abc"),
            ("emails", "bca"),
            ("emails.value", "bca"),
            ("name.familyName", "cab"),
            ("active", "bac"),
            ("meta.created", "abc"),
            ("meta.lastModified", "bca"),
            ("id", "abc"),
            ("USERNAME", "abc"),
            ("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", "cab"),
        ] {
            let found = names(server.get(&format!("/Users?sortBy={sort_by}")).await.expect(200).resources()).concat();
            assert_eq!(found, expected, "{sort_by}");
        }
        for sort_by in ["shoeSize", "password", "name", "groups", "schemas"] {
            server.get(&format!("/Users?sortBy={sort_by}")).await.expect(400);
        }
    }

    /// RFC 7644 §3.4.2.1: a search at the root is over users and groups; users come first.
    async fn a_search_at_the_root_pages_over_both_types(server) {
        let mut all = users(&server, 4).await;
        for name in ["g1", "g2", "g3"] {
            server.group(name, &[]).await;
            all.push(name.to_owned());
        }
        for count in [1, 3, 4, 5, 7, 10] {
            let (mut by_index, mut start) = (vec![], 1);
            while by_index.len() < 7 {
                let page = root(&server, json!({ "startIndex": start, "count": count })).await.expect(200);
                assert_eq!(page.body["totalResults"], 7);
                assert!(!page.resources().is_empty(), "an empty page at {start}");
                start += page.resources().len();
                by_index.extend(names(page.resources()));
            }
            assert_eq!(by_index, all, "count={count}");

            let (mut by_cursor, mut cursor) = (vec![], json!(""));
            while !cursor.is_null() {
                let page = root(&server, json!({ "cursor": cursor, "count": count })).await.expect(200);
                by_cursor.extend(names(page.resources()));
                assert_eq!(page.body["totalResults"], 7);
                cursor = page.body["nextCursor"].clone();
            }
            assert_eq!(by_cursor, all, "count={count}");
        }
        let filtered = root(&server, json!({ "filter": "displayName sw \"g\"" })).await.expect(200);
        assert_eq!(names(filtered.resources()), ["g1", "g2", "g3"]);
        // Each type knows one half of it.
        let mixed = root(&server, json!({ "filter": "members pr or not (userName pr) or title pr" })).await.expect(200);
        assert_eq!(names(mixed.resources()), ["g1", "g2", "g3"]);
        for unknown in ["shoeSize pr", "userName pr and shoeSize pr", "not (members pr or shoeSize pr)"] {
            let refused = root(&server, json!({ "filter": unknown })).await;
            assert_eq!(refused.scim_type(), "invalidFilter", "{unknown}");
        }
        root(&server, json!({ "sortBy": "displayName" })).await.expect(400);
    }

    /// The page of a `startIndex` is near once it was read, wherever it is: the place before it is remembered as well as that
    /// behind it, whether it was reached from the beginning or from the end.
    async fn the_way_to_a_page_is_long_only_once(server) {
        let all = users(&server, 30).await;
        let near = |skip| {
            let found = server.app.service.places.nearest(server.account, Kind::User, 0, skip);
            found.map_or(0, |(count, _)| count)
        };
        for (start, count) in [(11, 4), (26, 3), (30, 1)] {
            assert_eq!(page_later(&server, start, count).await, all[start - 1..start - 1 + count]);
            assert_eq!(near(start as u64 - 1), start as u64 - 1, "before startIndex={start}");
            assert_eq!(near(start as u64 - 1 + count as u64), (start - 1 + count) as u64, "behind startIndex={start}");
            assert_eq!(page_later(&server, start, count).await, all[start - 1..start - 1 + count], "again");
        }
    }

    /// Remembered places must not outlive a deletion.
    async fn pages_after_deletions_are_those_of_the_new_list(server) {
        let all = users(&server, 30).await;
        walk_delete_walk(&server, &server, &all).await;
    }
}

on_both! {
    /// A page that is read from the end of the list while others create users is the page that was asked for, and no
    /// wrong place is remembered (`wrong_later`).
    async fn pages_read_while_users_are_created_leave_the_list_right(server) {
        create_users(&server, 600).await;
        let creates = async |name: &str| {
            for number in 0..100 {
                server.user(&format!("{name}{number}")).await;
            }
        };
        let read = async |start: usize| {
            let name = page_later(&server, start, 1).await.concat();
            (name != format!("u{}", start - 1)).then_some((start, name))
        };
        // Downwards, so that no remembered place is nearer than the end of the list.
        let reads = async {
            let mut wrong = Vec::new();
            for start in (300..600).rev() {
                wrong.extend(read(start).await);
            }
            wrong
        };
        let (wrong, ..) = tokio::join!(reads, creates("a"), creates("b"), creates("c"));
        let mut wrong_later = Vec::new();
        for start in (300..600).step_by(3) {
            // Not each one: a page right behind another starts from the place that was just remembered.
            wrong_later.extend(read(start).await);
        }
        assert_eq!((wrong, wrong_later), (vec![], vec![]));
    }
}

/// The same when another replica deletes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_stay_right_when_another_server_deletes() {
    let one = Server::start(Database::Postgres).await;
    let two = Server::start_on(one.url.clone(), |_| ()).await;
    let all = users(&one, 30).await;
    walk_delete_walk(&one, &two, &all).await;

    // A cursor of one server is good on the other.
    let first = one.get("/Users?cursor=&count=7").await.expect(200);
    let rest = follow(&two, "/Users?", 7, &first).await;
    assert_eq!(first.resources().len() + rest.len(), 25);
}

/// Walks, deletes near the beginning through `other`, walks again at both, several times; deletes and adds at once too.
async fn walk_delete_walk(server: &Server, other: &Server, all: &[String]) {
    let mut left = all.to_vec();
    for gone in [0, 3, 10, 2, 1] {
        for each in [server, other] {
            assert_eq!(walk_later(each, 7).await, left);
        }
        let name = left.remove(gone);
        let id = server.find("/Users", &format!("userName eq \"{name}\"")).await.resources()[0]["id"].clone();
        other.delete(&format!("/Users/{}", id.as_str().expect("an id"))).await.expect(204);
    }
    other.user("last").await;
    left.push("last".to_owned());
    let old = server.find("/Users", &format!("userName eq \"{}\"", left[4])).await.resources()[0]["id"].clone();
    other.delete(&format!("/Users/{}", old.as_str().expect("an id"))).await.expect(204);
    left.remove(4);
    assert_eq!(walk_later(server, 7).await, left);
    for start in [25, 20, 8, 3] {
        assert_eq!(
            page_later(server, start, 5).await,
            left[start - 1..left.len().min(start + 4)],
            "startIndex={start}"
        );
    }
}

/// All names by index, an hour from now: places are remembered once the resources around them are some minutes old.
async fn walk_later(server: &Server, count: usize) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    loop {
        let page = page_later(server, found.len() + 1, count).await;
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

async fn page_later(server: &Server, start: usize, count: usize) -> Vec<String> {
    let parameters =
        [("startIndex", start), ("count", count)].map(|(name, value)| (name.to_owned(), value.to_string()));
    let query = Query::from_parameters(parameters.into_iter()).expect("a good query");
    let service = &server.app.service;
    let (secret, now) = (PlainSecret::received(&server.token), server.app.now());
    let caller =
        provisioning::authenticate(service, secret, now, "later".into(), Arc::default()).await.expect("a good token");
    let request = service.request(caller.0, server.app.now() + 3_600_000);
    let page = provisioning::list(service, request.into(), &USER, query).await.expect("a page");
    let users: Vec<Value> = page.resources.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    names(&users)
}

/// `u001`, `u002`, … in order of creation.
pub async fn users(server: &Server, count: usize) -> Vec<String> {
    let names: Vec<String> = (1..=count).map(|number| format!("u{number:03}")).collect();
    for name in &names {
        server.user(name).await;
    }
    names
}

pub fn names(resources: &[Value]) -> Vec<String> {
    let name = |resource: &Value| resource["userName"].as_str().or(resource["displayName"].as_str()).map(str::to_owned);
    resources.iter().filter_map(name).collect()
}

/// All names by index, and the last `totalResults`.
pub async fn walk(server: &Server, path: &str, count: usize) -> (Vec<String>, usize) {
    let mut found = Vec::new();
    loop {
        let start = (found.len() + 1).to_string();
        let query = [("startIndex", start), ("count", count.to_string())];
        let page = send(server.request(Method::GET, path).query(&query)).await.expect(200);
        let total = page.body["totalResults"].as_u64().and_then(|total| usize::try_from(total).ok()).expect("a number");
        found.extend(names(page.resources()));
        if page.resources().is_empty() || found.len() >= total {
            return (found, total);
        }
    }
}

/// What comes behind this page.
pub async fn follow(server: &Server, path: &str, count: usize, first: &Reply) -> Vec<Value> {
    let (mut rest, mut cursor) = (vec![], first.body["nextCursor"].clone());
    while let Some(next) = cursor.as_str() {
        let page = server.get(&format!("{path}cursor={next}&count={count}")).await.expect(200);
        assert!(!page.resources().is_empty(), "an empty page behind a cursor");
        rest.extend_from_slice(page.resources());
        cursor = page.body["nextCursor"].clone();
    }
    rest
}

async fn root(server: &Server, mut query: Value) -> Reply {
    query["schemas"] = json!([SEARCH]);
    send(server.request(Method::POST, "/.search").json(&query)).await
}
