//! Requests that meet each other (Okta O18): in one server, and in two servers on one PostgreSQL database.

use crate::support::{Database, Reply, Server, empty_postgres, on_both, query, send};
use reqwest::Method;
use scim_connector::admin::first_start;
use scim_connector::app::App;
use scim_connector::config::Config;
use scim_connector::storage::{DatabaseUrl, Db};
use serde_json::{Value, json};

on_both! {
    async fn requests_that_meet_in_one_server_all_hold(server) {
        let servers = [&server, &server];
        one_of_two_identical_posts_wins(servers).await;
        every_concurrent_add_is_a_member(servers).await;
        both_of_two_patches_land(servers).await;
        deletions_never_break_a_group_patch(servers).await;
        one_name_goes_to_one_group(servers).await;
    }
}

/// Replicas: the same, with every other request to the other server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_meet_in_two_servers_all_hold() {
    let one = Server::start(Database::Postgres).await;
    let two = Server::start_on(one.url.clone(), |_| ()).await;
    let servers = [&one, &two];
    one_of_two_identical_posts_wins(servers).await;
    every_concurrent_add_is_a_member(servers).await;
    both_of_two_patches_land(servers).await;
    deletions_never_break_a_group_patch(servers).await;
    one_name_goes_to_one_group(servers).await;

    let DatabaseUrl::Postgres(url) = one.url.clone() else { unreachable!("it is PostgreSQL") };
    let counted = tokio::task::spawn_blocking(move || {
        query(
            &url,
            "SELECT (SELECT count(*) FROM groups g WHERE NOT is_default AND member_count <> (SELECT count(*) FROM memberships m \
             WHERE m.account_id = g.account_id AND m.group_id = g.id)), \
             (SELECT sum(live) FROM totals WHERE kind = 'user') - (SELECT count(*) FROM users), \
             (SELECT sum(live) FROM totals WHERE kind = 'group') - (SELECT count(*) FROM groups WHERE NOT is_default)",
        )
    });
    assert_eq!(counted.await.expect("psql runs"), ["0|0|0"], "what is counted beside the rows agrees with them");
}

/// Replicas that roll out together: one migrates, one makes the first account, all come up.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_start_at_once_on_an_empty_database_all_come_up() {
    let url = empty_postgres("rollout").await;
    let starts = (0..4).map(|_| tokio::spawn(come_up(url.clone())));
    let mut first = 0;
    for start in starts.collect::<Vec<_>>() {
        let (app, is_first) = start.await.expect("it does not panic");
        app.is_ready().await.expect("it is ready");
        first += usize::from(is_first);
    }
    assert_eq!(first, 1, "one server makes the first account");
    let DatabaseUrl::Postgres(url) = url else { unreachable!("it is PostgreSQL") };
    let counts = tokio::task::spawn_blocking(move || {
        query(
            &url,
            "SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM tokens), (SELECT count(*) FROM secrets)",
        )
    });
    assert_eq!(counts.await.expect("psql runs"), ["1|1|1"]);
}

async fn come_up(url: DatabaseUrl) -> (App, bool) {
    let config = Config::load(None).expect("the defaults are good");
    let db = Db::serve(&url, config.storage_options()).await.expect("it opens and migrates");
    let made = first_start(&db).await.expect("it finds or makes the first account");
    (App::new(db, &config, "http://localhost").await.expect("it is put together"), made.is_some())
}

/// RFC 7644 §3.3: 409 for the one that comes second.
async fn one_of_two_identical_posts_wins(servers: [&Server; 2]) {
    for round in 0..5 {
        let body = json!({ "userName": format!("twin{round}"), "externalId": format!("x{round}") });
        let posts = (0..2).map(|number| servers[number].request(Method::POST, "/Users").json(&body));
        assert_eq!(statuses(at_once(posts).await), [201, 409]);
    }
}

/// Okta O18: group pushes overlap; no membership is lost and the version counts each.
async fn every_concurrent_add_is_a_member(servers: [&Server; 2]) {
    let group = servers[0].group("everyone", &[]).await;
    let mut users = Vec::new();
    for number in 0..50 {
        users.push(servers[0].user(&format!("member{number}")).await);
    }
    let path = format!("/Groups/{group}");
    let adds = users.iter().enumerate().map(|(number, user)| {
        patch(servers[number % 2], &path, json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]))
    });
    assert_eq!(statuses(at_once(adds).await), [200; 50]);

    let read = servers[1].get(&path).await.expect(200).body;
    assert_eq!(read["members"].as_array().map(Vec::len), Some(50));
    assert_eq!(read["meta"]["version"], "W/\"51\"");

    // The other way round: all leave at once, half of them twice.
    let leave = |user: &String| json!([{ "op": "remove", "path": format!("members[value eq \"{user}\"]") }]);
    let twice = users.iter().chain(users.iter().take(25)).enumerate();
    let removals = twice.map(|(number, user)| patch(servers[number % 2], &path, leave(user)));
    assert_eq!(statuses(at_once(removals).await), [200; 75]);
    let read = servers[0].get(&path).await.expect(200).body;
    assert_eq!((read.get("members"), &read["meta"]["version"]), (None, &json!("W/\"101\"")));
}

/// RFC 7644 §3.14: without If-Match both land one after the other, with it one is told that he is late.
async fn both_of_two_patches_land(servers: [&Server; 2]) {
    let user = servers[0].user("changing").await;
    let path = format!("/Users/{user}");
    let title = json!([{ "op": "replace", "path": "title", "value": "Boss" }]);
    let nick = json!([{ "op": "replace", "path": "nickName", "value": "Ann" }]);
    let both = [patch(servers[0], &path, title), patch(servers[1], &path, nick)];
    assert_eq!(statuses(at_once(both.into_iter()).await), [200, 200]);
    let read = servers[0].get(&path).await.expect(200);
    assert_eq!((&read.body["title"], &read.body["nickName"]), (&json!("Boss"), &json!("Ann")));

    let tag = read.header("etag");
    let conditional = |number: usize| {
        let change = json!([{ "op": "replace", "path": "title", "value": format!("Title {number}") }]);
        patch(servers[number], &path, change).header("If-Match", tag)
    };
    assert_eq!(statuses(at_once((0..2).map(conditional)).await), [200, 412]);
}

/// A user who goes while a group takes him in: either he was a member for a moment or the PATCH is told.
async fn deletions_never_break_a_group_patch(servers: [&Server; 2]) {
    let group = servers[0].group("leaving", &[]).await;
    for round in 0..8 {
        let user = servers[0].user(&format!("leaver{round}")).await;
        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]);
        let requests = [
            servers[round % 2].request(Method::DELETE, &format!("/Users/{user}")),
            patch(servers[(round + 1) % 2], &format!("/Groups/{group}"), add),
        ];
        let found = statuses(at_once(requests.into_iter()).await);
        assert!(matches!(found[..], [200, 204] | [204, 400]), "{found:?}");
    }
    let read = servers[0].get(&format!("/Groups/{group}")).await.expect(200).body;
    assert_eq!(read.get("members"), None, "{read}");
}

/// The displayName of a group is unique in its account, whoever comes at the same time.
async fn one_name_goes_to_one_group(servers: [&Server; 2]) {
    let (one, two) = (servers[0].group("left", &[]).await, servers[0].group("right", &[]).await);
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "Same" }]);
    let renames = [&one, &two].into_iter().enumerate();
    let renames = renames.map(|(number, id)| patch(servers[number], &format!("/Groups/{id}"), rename.clone()));
    assert_eq!(statuses(at_once(renames).await), [200, 409]);
}

fn patch(server: &Server, path: &str, operations: Value) -> reqwest::RequestBuilder {
    let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    server.request(Method::PATCH, path).json(&json!({ "schemas": [schema], "Operations": operations }))
}

async fn at_once(requests: impl Iterator<Item = reqwest::RequestBuilder>) -> Vec<Reply> {
    let running: Vec<_> = requests.map(|request| tokio::spawn(send(request))).collect();
    let mut replies = Vec::with_capacity(running.len());
    for reply in running {
        replies.push(reply.await.expect("the request ends"));
    }
    replies
}

/// The statuses in order of size.
fn statuses(replies: Vec<Reply>) -> Vec<u16> {
    let failed = replies.iter().find(|reply| reply.status.is_server_error());
    assert!(failed.is_none(), "{failed:?}");
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}
