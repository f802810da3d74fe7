//! The program as people and scripts start it (contract.md, "Command line"), on SQLite in a folder of its own.

use crate::support::{Folder, Reply, send};
use reqwest::Client;
use serde_json::{Value, json};
use std::process::Output;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_start_prints_three_things_once_and_sigterm_ends_it_well() {
    let folder = Folder::new();
    let mut first = folder.serve(&[]);
    let [base_url, token, admin_key] = ["SCIM base URL", "SCIM token", "Admin key"].map(|name| first.printed(name));
    assert_eq!(first.lines.len(), 4, "three things and a hint: {:?}", first.lines);
    assert!(base_url.ends_with("/scim/v2") && token.starts_with("sct_") && admin_key.starts_with("sca_"));
    let client = Client::new();
    let user = client.post(format!("{base_url}/Users")).bearer_auth(&token);
    let user = send(user.json(&json!({ "userName": "ada" }))).await.expect(201).id();
    let begun = Instant::now();
    assert_eq!(first.terminate(), 0);
    assert!(begun.elapsed() < Duration::from_secs(10), "an idle connection keeps nobody waiting");

    let mut second = folder.serve(&[]);
    let base_url = second.printed("SCIM base URL");
    assert_eq!(second.lines.len(), 1, "{:?}", second.lines);
    get(&base_url, &format!("/Users/{user}"), &token).await.expect(200);
    assert_eq!(second.interrupt(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_work_beside_a_server_and_count_at_once() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    let base_url = server.printed("SCIM base URL");

    folder.run(&["account", "create", "acme", "--preset", "portal"]);
    folder.run(&["connection", "create", "entra", "--account", "ACME", "--dialect", "entra"]);
    let token = folder.run(&["token", "create", "--connection", "entra", "--account", "acme", "--expires-in", "90d"]);
    assert_eq!(token.lines().count(), 1, "the token is the only line");
    let user = json!({ "userName": "ada" });
    send(Client::new().post(format!("{base_url}/Users")).bearer_auth(token.trim()).json(&user)).await.expect(201);

    let listed = folder.json(&["token", "list", "--account", "acme"]);
    assert_eq!((&listed[0]["connection"], &listed[0]["revoked"]), (&json!("entra"), &json!("")));
    assert!(!listed.to_string().contains(token.trim()), "a list shows no secrets");
    folder.run(&["token", "revoke", listed[0]["id"].as_str().expect("an id")]);
    get(&base_url, "/Users", token.trim()).await.expect(401);

    let key = folder.run(&["admin-key", "create", "--account", "acme"]);
    assert!(key.starts_with("sca_") && key.lines().count() == 1);
    let keys = folder.json(&["admin-key", "list", "--account", "acme"]);
    folder.run(&["admin-key", "revoke", keys[0]["id"].as_str().expect("an id")]);
    assert_ne!(folder.json(&["admin-key", "list", "--account", "acme"])[0]["revoked"], "");
    assert!(folder.run(&["migrate", "status"]).contains("applied"));
    folder.run(&["migrate", "run"]);
    assert!(!folder.run(&["doctor"]).contains("WRONG"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_serving_database_can_be_served() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    let (base_url, token) = (server.printed("SCIM base URL"), server.printed("SCIM token"));
    let user = Client::new().post(format!("{base_url}/Users")).bearer_auth(&token);
    send(user.json(&json!({ "userName": "ada" }))).await.expect(201);

    let other = Folder::new();
    std::fs::create_dir_all(other.database().parent().expect("a folder")).expect("it can be made");
    let copy = other.database();
    folder.run(&["backup", copy.to_str().expect("UTF-8")]);
    fails(&folder.command(&["backup", copy.to_str().expect("UTF-8")]), 1, "exists already");

    let restored = other.serve(&[]);
    let read = get(&restored.printed("SCIM base URL"), "/Users", &token).await.expect(200);
    assert_eq!(read.body["Resources"][0]["userName"], "ada");
}

/// Only a second `serve` on one SQLite file is refused.
#[test]
fn a_second_server_on_the_same_file_is_refused() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    fails(&folder.command(&["serve", "--listen", "127.0.0.1:0"]), 1, "another server already serves");

    let address = server.printed("SCIM base URL").replace("http://", "").replace("/scim/v2", "");
    fails(&Folder::new().command(&["serve", "--listen", &address]), 1, "--listen");
}

#[test]
fn wrong_usage_is_2_and_failure_is_1_with_a_sentence() {
    let folder = Folder::new();
    for usage in [
        &["nonsense"][..],
        &["serve", "--nonsense"],
        &["token", "revoke", "not-an-id"],
        &["account", "create"],
        &[],
        &["token", "create", "--connection", "default", "--expires-in", "soon"],
        &["connection", "create", "x", "--account", "default", "--dialect", "klingon"],
        &["account", "create", "x", "--preset", "nothing"],
    ] {
        assert_eq!(folder.command(usage).status.code(), Some(2), "{usage:?}");
    }
    fails(&folder.command(&["token", "create", "--connection", "nobody"]), 1, "account list");
    folder.run(&["account", "create", "default"]);
    fails(&folder.command(&["account", "create", "DEFAULT"]), 1, "exists already");
    fails(&folder.command(&["token", "create", "--connection", "nobody"]), 1, "connection list");
    let unknown = "0197a000-0000-7000-8000-000000000000";
    fails(&folder.command(&["token", "revoke", unknown]), 1, "token list");
    fails(&folder.command(&["account", "list", "--database", "mysql://host/name"]), 1, "sqlite:PATH or postgres://");
    fails(&folder.command(&["serve", "--public-url", "ftp://host"]), 1, "https://");
    fails(&folder.command(&["account", "list", "--config", "/nowhere.toml"]), 1, "settings");

    let file = folder.0.join("settings.toml");
    std::fs::write(&file, "[scim]\npage_defualt = 5\n").expect("the folder can be written");
    fails(&folder.command(&["account", "list", "--config", file.to_str().expect("UTF-8")]), 1, "page_defualt");
}

#[test]
fn every_command_speaks_json() {
    let folder = Folder::new();
    let pending = folder.json(&["migrate", "status"]);
    assert_eq!(pending[0]["state"], "pending");
    assert_eq!(folder.command(&["doctor"]).status.code(), Some(1), "pending migrations are wrong");
    assert_eq!(folder.json(&["migrate", "run"])["migrated"], true);
    assert_eq!(folder.json(&["account", "create", "acme"])["name"], "acme");
    assert_eq!(folder.json(&["account", "list"])[0]["preset"], "default");
    assert_eq!(folder.json(&["connection", "create", "c", "--account", "acme"])["dialect"], "auto");
    assert_eq!(folder.json(&["connection", "list", "--account", "acme"])[0]["name"], "c");
    let token = folder.json(&["token", "create", "--connection", "c", "--account", "acme"]);
    assert!(token["token"].as_str().is_some_and(|token| token.starts_with("sct_")));
    assert!(folder.json(&["token", "revoke", token["id"].as_str().expect("an id")])["revoked"].is_string());
    let doctor = folder.run(&["doctor", "--json"]);
    assert!(
        doctor.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|fact| fact["ok"] == true)),
        "{doctor}"
    );
    let server = folder.serve(&["--json"]);
    assert!(server.lines[0].parse::<Value>().is_ok_and(|start| start["baseUrl"].is_string()), "{:?}", server.lines);
}

/// The query and the body of a request name people; neither is logged. A request that went well has no line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_holds_nothing_of_what_was_sent() {
    let log = log_of_a_conversation("info").await;
    assert_eq!(lines_with(&log, &["gandalf", "Istari", "fortyseven", "Mellon", "sct_", "sca_"]), [""; 0]);
    assert!(!log.contains("\"status\":20") && log.contains("\"status\":400"), "{log}");
}

/// Refusals are explained at this level, which may name people; secrets are never written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_detailed_log_holds_no_secrets_either() {
    let log = log_of_a_conversation("debug").await;
    assert_eq!(lines_with(&log, &["fortyseven", "Mellon", "sct_", "sca_"]), [""; 0]);
    assert!(log.contains("\"status\":201"), "{log}");
}

/// Good and bad requests with things in them that nobody but the database should know.
async fn log_of_a_conversation(level: &str) -> String {
    let folder = Folder::new();
    let mut server = folder.serve_at(level, &[]);
    let (base_url, token) = (server.printed("SCIM base URL"), server.printed("SCIM token"));
    let body = json!({
        "userName": "gandalf@example.com", "password": "Mellon-4711", "title": "Istari", "shoeSize": "fortyseven",
    });
    let post = |body: String| Client::new().post(format!("{base_url}/Users")).bearer_auth(&token).body(body);
    let user = send(post(body.to_string())).await.expect(201).id();
    send(post(body.to_string())).await.expect(409);
    send(post(body.to_string().replace('}', ""))).await.expect(400);
    get(&base_url, "/Users?filter=userName eq \"gandalf@example.com\"", &token).await.expect(200);
    get(&base_url, "/Users?filter=title eq \"Istari\" nonsense", &token).await.expect(400);
    get(&base_url, "/Users", "sct_Mellon-4711").await.expect(401);
    let patch = json!({ "Operations": [{ "op": "replace", "path": "password", "value": "Mellon-4711" }] });
    let send_patch = async |body: &Value| {
        send(Client::new().patch(format!("{base_url}/Users/{user}")).bearer_auth(&token).json(body)).await
    };
    send_patch(&patch).await.expect(200);
    send_patch(&json!({ "Operations": [{ "op": "forge", "path": "password", "value": "Mellon-4711" }] }))
        .await
        .expect(400);
    assert_eq!(server.terminate(), 0);

    let log = std::fs::read_to_string(folder.0.join("log")).expect("the log");
    assert!(log.lines().count() > 5 && log.contains(&user), "it is the log of this conversation: {log}");
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "each line is JSON: {log}");
    assert!(!log.contains(&token[4..]));
    log
}

fn lines_with<'l>(log: &'l str, words: &[&str]) -> Vec<&'l str> {
    log.lines().filter(|line| words.iter().any(|word| line.contains(word))).collect()
}

async fn get(base_url: &str, path: &str, token: &str) -> Reply {
    send(Client::new().get(format!("{base_url}{path}")).bearer_auth(token)).await
}

/// One sentence on standard error with what to do next, nothing on standard output.
#[track_caller]
fn fails(output: &Output, code: i32, hint: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(error.lines().any(|line| line.starts_with("error: ") && line.contains(hint)), "{error}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}
