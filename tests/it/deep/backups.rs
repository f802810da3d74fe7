//! `backup` while others write (SQLite): each copy is one state of the database, and a server goes on from it.

use super::{copies, wrong};
use crate::support::{Database, Server, send};
use reqwest::Method;
use scim_connector::storage::DatabaseUrl;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

const WRITERS: usize = 6;
const COPIES: usize = 4;

/// What a writer was told is there: users that were answered 201, and those of them that were added to the group.
#[derive(Debug, Default, Clone)]
struct Acknowledged {
    users: Vec<String>,
    members: Vec<String>,
}

/// Writers go on while copies are taken and looked at, and while the database is looked at deeply. Every copy is sound, has
/// all that was acknowledged before it was begun, serves, and goes on with ids and event numbers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_taken_while_others_write_are_whole() {
    let server = Arc::new(Server::start(Database::Sqlite).await);
    let group = server.group("Team", &[]).await;
    let (acknowledged, done) = (Arc::new(Mutex::new(Acknowledged::default())), Arc::new(AtomicBool::new(false)));
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let (server, group) = (Arc::clone(&server), group.clone());
        let (acknowledged, done) = (Arc::clone(&acknowledged), Arc::clone(&done));
        writers.spawn(async move { write(&server, number, &group, &acknowledged, &done).await });
    }
    let DatabaseUrl::Sqlite(path) = server.url.clone() else { unreachable!("it is SQLite") };
    let mut taken = Vec::new();
    for number in 0..COPIES {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let before = acknowledged.lock().expect("no writer panicked").clone();
        let copy = path.with_file_name(format!("copy-{number}.db"));
        back_up(&server, &copy).await;
        taken.push((copy, before));
        assert_eq!(wrong(&server.app.service.db).await, [""; 0], "the database that is being written");
    }
    done.store(true, Ordering::Relaxed);
    while let Some(ended) = writers.join_next().await {
        ended.expect("a writer ends well");
    }
    assert!(taken[0].1.users.len() < taken[COPIES - 1].1.users.len(), "they wrote all the time: {taken:?}");
    for (copy, before) in taken {
        check(&copy, &before, &group).await;
    }
}

/// When nobody writes any more, a copy shows what the original shows: every resource, every event, every entry of the trail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_copy_is_equal_in_all_resources() {
    let server = Server::start(Database::Sqlite).await;
    for seed in 1..=2 {
        crate::invariants::live(&server, &mut crate::fuzz::dice::Dice::new(seed * 4_241), 60).await;
    }
    let (acknowledged, done) = (Mutex::default(), AtomicBool::new(true));
    let group = server.group("Team", &[]).await;
    write(&server, 0, &group, &acknowledged, &done).await;
    let DatabaseUrl::Sqlite(path) = server.url.clone() else { unreachable!("it is SQLite") };
    let copy = path.with_file_name("copy.db");
    back_up(&server, &copy).await;
    let restored = Server::start_on(DatabaseUrl::Sqlite(copy), |_| ()).await;
    let (there, here) = (shown(&server).await, shown(&restored).await);
    assert!(there.len() > 20, "{there:?}");
    assert_eq!(there, here);
}

async fn write(server: &Server, number: usize, group: &str, acknowledged: &Mutex<Acknowledged>, done: &AtomicBool) {
    for round in 0.. {
        let body = json!({ "userName": format!("w{number}-{round}@example.com"), "displayName": format!("W {round}") });
        let id = server.post("/Users", body).await.expect(201).id();
        acknowledged.lock().expect("no writer panicked").users.push(id.clone());
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
        let added = server.patch(&format!("/Groups/{group}"), add).await.status.as_u16();
        assert!([200, 204].contains(&added), "{added}");
        acknowledged.lock().expect("no writer panicked").members.push(id.clone());
        if round % 3 == 0 {
            let off = json!([{ "op": "replace", "path": "active", "value": false }]);
            server.patch(&format!("/Users/{id}"), off).await.expect(200);
        }
        if done.load(Ordering::Relaxed) {
            return;
        }
    }
}

async fn back_up(server: &Server, copy: &Path) {
    let (db, copy) = (server.app.service.db.clone(), copy.to_owned());
    tokio::task::spawn_blocking(move || db.backup(&copy).expect("it is copied")).await.expect("it ends");
}

async fn check(copy: &Path, before: &Acknowledged, group: &str) {
    let url = DatabaseUrl::Sqlite(copy.to_owned());
    assert_eq!(wrong(&copies::open(&url).await).await, [""; 0], "{}", copy.display());
    let server = Server::start_on(url, |_| ()).await;
    let users: BTreeSet<String> = all(&server, "/Users").await.iter().map(id_of).collect();
    let lost: Vec<&String> = before.users.iter().filter(|id| !users.contains(*id)).collect();
    assert!(lost.is_empty(), "of {} acknowledged users these are not in the copy: {lost:?}", before.users.len());
    let team = server.get(&format!("/Groups/{group}")).await.expect(200).body;
    let members: BTreeSet<&str> =
        team["members"].as_array().into_iter().flatten().filter_map(|m| m["value"].as_str()).collect();
    let lost: Vec<&String> = before.members.iter().filter(|id| !members.contains(id.as_str())).collect();
    assert!(lost.is_empty(), "these are no members any more: {lost:?}");

    let highest = sequences(&server).await.last().copied().expect("there are events");
    let id = server.user("after@example.com").await;
    assert!(users.iter().all(|known| known < &id), "ids go on");
    let after = sequences(&server).await;
    assert_eq!(after[after.len() - 1], highest + 1, "event numbers go on");
    assert!(after.windows(2).all(|pair| pair[0] < pair[1]), "none is given twice");
    assert_eq!(wrong(&server.app.service.db).await, [""; 0]);
}

fn id_of(resource: &Value) -> String {
    resource["id"].as_str().expect("an id").to_owned()
}

/// Every resource of a list, page after page.
async fn all(server: &Server, path: &str) -> Vec<Value> {
    let mut found: Vec<Value> = Vec::new();
    loop {
        let page = server.get(&format!("{path}?count=500&startIndex={}", found.len() + 1)).await.expect(200);
        let resources = page.body["Resources"].as_array().cloned().unwrap_or_default();
        found.extend(resources);
        if found.len() >= usize::try_from(page.body["totalResults"].as_u64().expect("a number")).expect("small") {
            return found;
        }
    }
}

async fn sequences(server: &Server) -> Vec<i64> {
    let mut found: Vec<i64> = Vec::new();
    loop {
        let after = found.last().copied().unwrap_or(0);
        let page = server.api(Method::GET, &format!("/events?after={after}&limit=1000"), None).await.expect(200);
        if page.items().is_empty() {
            return found;
        }
        found.extend(page.items().iter().map(|event| event["sequence"].as_i64().expect("a number")));
    }
}

/// All that clients can read, without the address of the server.
async fn shown(server: &Server) -> Vec<String> {
    let mut found = Vec::new();
    for path in ["/Users", "/Groups", "/Organizations", "/SettingsSets", "/Roles"] {
        found.extend(all(server, path).await);
    }
    for path in ["/events?limit=1000", "/audit?limit=1000", "/users?limit=1000", "/groups?limit=1000", "/account"] {
        let page = send(server.api_request(Method::GET, path)).await.expect(200).body;
        found.extend(page["items"].as_array().cloned().unwrap_or_else(|| vec![page.clone()]));
    }
    let base = server.base_url.trim_end_matches("/scim/v2");
    found.iter().map(|resource| resource.to_string().replace(base, "")).collect()
}
