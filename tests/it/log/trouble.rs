//! A log that cannot be written holds nobody up, and says what it lost.

use super::{entries, page};
use crate::support::{Database, Server, query};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use scim_connector::storage::DatabaseUrl;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Holds the tables of the log until it is let go.
enum Held {
    Sqlite(SqliteConnection),
    Postgres(String, tokio::task::JoinHandle<()>),
}

async fn hold(server: &Server) -> Held {
    match &server.url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection =
                SqliteConnection::establish(log_file(path).to_str().expect("UTF-8")).expect("it opens");
            connection.batch_execute("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE").expect("it is locked");
            Held::Sqlite(connection)
        }
        DatabaseUrl::Postgres(url) => {
            let (locking, url) = (url.clone(), url.clone());
            let held = "BEGIN; LOCK TABLE provisioning_log IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(120)";
            let command = move || drop(std::panic::catch_unwind(|| query(&locking, held)));
            let task = tokio::task::spawn_blocking(command);
            while lock_holders(&url).is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Held::Postgres(url, task)
        }
    }
}

impl Held {
    async fn let_go(self) {
        match self {
            Self::Sqlite(mut connection) => connection.batch_execute("ROLLBACK").expect("it ends"),
            Self::Postgres(url, task) => {
                for holder in lock_holders(&url) {
                    query(&url, &format!("SELECT pg_terminate_backend({holder})"));
                }
                task.await.expect("it ends");
            }
        }
    }
}

fn lock_holders(url: &str) -> Vec<String> {
    let statement = "SELECT pid FROM pg_locks WHERE relation = 'provisioning_log'::regclass \
                     AND mode = 'AccessExclusiveLock' AND granted";
    query(url, statement)
}

fn log_file(path: &std::path::Path) -> PathBuf {
    path.with_file_name(format!("{}-log.db", path.file_stem().expect("a name").to_string_lossy()))
}

/// Issue 4, done when 4: pushes go on while the log is locked; nothing of them is lost, and all is written afterwards.
async fn a_locked_log_holds_no_push_up(database: Database) {
    let server = Server::start(database).await;
    server.user("first").await;
    entries(&server, &[], 1).await;
    let held = hold(&server).await;

    let pushes: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    for name in &pushes {
        server.user(name).await;
        server.find("/Users", &format!("userName eq \"{name}\"")).await.expect(200);
    }
    let figures = server.app.recorder.figures();
    assert_eq!((figures.waiting, figures.written, figures.lost), (80, 1, 0));

    held.let_go().await;
    assert_eq!(entries(&server, &[("limit", "1000")], 81).await.len(), 81);
}

/// What does not fit is dropped and counted; what fits is written when the log is free again.
async fn a_full_queue_drops_and_counts(database: Database) {
    let server = Server::start_with(database, |config| {
        config.provisioning_log.queue = 5;
        config.provisioning_log.batch = 3;
        config.provisioning_log.delay_milliseconds = 0;
    })
    .await;
    let held = hold(&server).await;
    for number in 0..30 {
        server.user(&format!("user{number}")).await;
    }
    let figures = server.app.recorder.figures();
    assert!(figures.lost >= 20 && figures.waiting <= 8, "{figures:?}");
    assert_eq!(figures.waiting + usize::try_from(figures.lost).expect("few"), 30);

    held.let_go().await;
    let begun = Instant::now();
    while server.app.recorder.figures().waiting > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", server.app.recorder.figures());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let figures = server.app.recorder.figures();
    assert_eq!(figures.lost + figures.written, 30);
    assert_eq!(page(&server, &[]).await.expect(200).items().len() as u64, figures.written);
}

/// A queue is bounded in bytes, too: a few long bodies must not take the memory of the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_bounded_in_bytes() {
    let server = Server::start_with(Database::Sqlite, |config| config.provisioning_log.queue_megabytes = 1).await;
    let held = hold(&server).await;
    let long = "x".repeat(300_000);
    for number in 0..6 {
        let body = serde_json::json!({ "userName": format!("user{number}"), "unknown": long });
        server.post("/Users", body).await.expect(201);
    }
    assert_eq!(server.app.recorder.figures().lost, 3);
    held.let_go().await;
    assert_eq!(entries(&server, &[], 3).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_log_holds_no_push_up_on_sqlite() {
    a_locked_log_holds_no_push_up(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_log_holds_no_push_up_on_postgres() {
    a_locked_log_holds_no_push_up(Database::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_drops_and_counts_on_sqlite() {
    a_full_queue_drops_and_counts(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_drops_and_counts_on_postgres() {
    a_full_queue_drops_and_counts(Database::Postgres).await;
}
