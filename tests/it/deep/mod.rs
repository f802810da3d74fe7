//! `doctor --deep`: a database that lived is found good; whatever breaks is found, by its name and its id.

mod backups;
mod breakages;
mod copies;
mod restored;

use crate::fuzz::dice::Dice;
use crate::invariants;
use crate::support::{Database, Folder, Server};
use copies::Copies;
use scim_connector::admin::deep_checks;
use scim_connector::storage::{Db, Health};
use std::time::Duration;

/// Of every check, in tests that are not about the time.
const LONG: Duration = Duration::from_secs(120);

/// The checks that found something, as `name: value`.
pub async fn wrong(db: &Db) -> Vec<String> {
    let facts = deep_checks(db, LONG).await.expect("the checks run");
    assert!(facts.len() >= 20, "every check says something: {facts:?}");
    let is_wrong = |fact: &&Health| !fact.good;
    facts.iter().filter(is_wrong).map(|fact| format!("{}: {}", fact.name, fact.value)).collect()
}

/// After random operations through every door, by policies at random, nothing is wrong: not while the server runs either.
async fn a_lively_database_is_healthy(database: Database) {
    let server = Server::start(database).await;
    for seed in 1..=6 {
        invariants::live(&server, &mut Dice::new(seed * 31_337), 120).await;
    }
    assert_eq!(wrong(&server.app.service.db).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lively_database_is_healthy_on_sqlite() {
    a_lively_database_is_healthy(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lively_database_is_healthy_on_postgres() {
    a_lively_database_is_healthy(Database::Postgres).await;
}

/// A check that takes too long says so and is not taken for good, and the next one has its own time.
async fn a_check_that_is_not_done_is_not_good(database: Database) {
    let server = Server::start(database).await;
    server.user("ada").await;
    let db = &server.app.service.db;
    let facts = deep_checks(db, Duration::from_nanos(1)).await.expect("the checks run");
    let late = |fact: &&Health| !fact.good && fact.value.contains("not finished within");
    // Little is read in one statement so fast that nobody can break it off.
    let walked = ["invariant 4, origin of each grant", "administrators", "keys", "settings"];
    let names: Vec<&str> = facts.iter().filter(late).map(|fact| fact.name.as_str()).collect();
    assert!(walked.iter().all(|name| names.contains(name)), "{facts:?}");
    assert_eq!(wrong(db).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_is_not_done_is_not_good_on_sqlite() {
    a_check_that_is_not_done_is_not_good(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_is_not_done_is_not_good_on_postgres() {
    a_check_that_is_not_done_is_not_good(Database::Postgres).await;
}

/// The command: beside a server, with an exit code, a sentence and an id.
#[test]
fn the_command_names_what_is_wrong_and_fails() {
    let folder = Folder::new();
    folder.run(&["migrate", "run"]);
    let no_log = folder.run(&["doctor"]);
    assert!(no_log.contains("provisioning log: "), "{no_log}");
    let _server = folder.serve(&[]);
    let good = folder.run(&["doctor", "--deep", "--time-limit", "2m"]);
    assert!(good.contains("ok     invariant 1, groups of each user: holds"), "{good}");
    assert_eq!(folder.command(&["doctor", "--time-limit", "2m"]).status.code(), Some(2), "it is of --deep");

    copies::change_sqlite(&folder.database(), "UPDATE totals SET live = live + 1 WHERE kind = 'group'");
    assert!(folder.command(&["doctor"]).status.success(), "only a deep look sees it");
    let output = folder.command(&["doctor", "--deep"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let account = folder.json(&["account", "list"])[0]["id"].as_str().expect("an id").to_owned();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("WRONG")).collect();
    assert!(lines.len() == 1 && lines[0].contains("totals: ") && lines[0].contains(&account), "{text}");
}

/// The provisioning log's file is looked at, too.
#[test]
fn a_damaged_log_is_seen_by_doctor() {
    let folder = Folder::new();
    folder.run(&["migrate", "run"]);
    let log = folder.database().with_file_name("scim-log.db");
    let mut bytes = std::fs::read(&log).expect("the log is there");
    let page = 4_096;
    bytes[page..2 * page].fill(0xA5);
    std::fs::write(&log, bytes).expect("it can be written");
    let output = folder.command(&["doctor"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
}
