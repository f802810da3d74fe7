//! Facts about the schema: migrations can be undone, both databases have the same one, no index serves two accounts.

use crate::fuzz::dice::Dice;
use crate::support::{Database, Server, empty_postgres, fresh, query};
use crate::{deep, invariants};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use scim_connector::config::Config;
use scim_connector::storage::{DatabaseUrl, Db};
use std::collections::{BTreeMap, BTreeSet};

/// What of a schema is the same on both databases.
#[derive(Debug, Default, PartialEq, Eq)]
struct Schema {
    /// `table.column`, and whether it can be null.
    columns: BTreeSet<String>,
    /// `table.index`, unique or not; those of primary keys have names of their own on each database.
    indexes: BTreeSet<String>,
    /// Tables with an index or primary key that begins with `account_id`.
    by_account: BTreeSet<String>,
}

impl Schema {
    fn and(mut self, mut other: Self) -> Self {
        self.columns.append(&mut other.columns);
        self.indexes.append(&mut other.indexes);
        self.by_account.append(&mut other.by_account);
        self
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_down_up_leaves_the_same_schema_on_sqlite() {
    let (url, folder) = fresh(Database::Sqlite).await;
    up_down_up(&url).await;
    let _ = folder.map(std::fs::remove_dir_all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_down_up_leaves_the_same_schema_on_postgres() {
    up_down_up(&empty_postgres("updown").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_tables_columns_and_indexes() {
    let (url, folder) = fresh(Database::Sqlite).await;
    open(&url).await.migrate().await.expect("it migrates");
    let sqlite = schema(&url).await;
    let postgres = schema(&fresh(Database::Postgres).await.0).await;

    assert_eq!(sqlite, postgres);
    let _ = folder.map(std::fs::remove_dir_all);
}

/// A list of one account never reads another account's part of an index.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_of_an_account_has_an_index_that_begins_with_it() {
    let (url, folder) = fresh(Database::Sqlite).await;
    open(&url).await.migrate().await.expect("it migrates");
    for schema in [schema(&url).await, schema(&fresh(Database::Postgres).await.0).await] {
        let tables = schema.columns.iter().filter_map(|column| column.strip_suffix(".account_id NOT NULL"));
        let tables: BTreeSet<String> = tables.map(str::to_owned).collect();
        assert!(tables.len() >= 7, "{tables:?}");
        assert_eq!(tables, schema.by_account);
    }
    let _ = folder.map(std::fs::remove_dir_all);
}

/// The rows of users and of what hangs on them move to other tables and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_rows_move_on_sqlite() {
    const DOWN: &str = include_str!("../../migrations/sqlite/2026-11-22-000007_rows_beside_keys/down.sql");
    const UP: &str = include_str!("../../migrations/sqlite/2026-11-22-000007_rows_beside_keys/up.sql");
    // Given people with addresses and groups, some removed, and what is told of them.
    let server = Server::start(Database::Sqlite).await;
    invariants::live(&server, &mut Dice::new(7), 120).await;
    let url = server.url.clone();
    let DatabaseUrl::Sqlite(path) = url else { unreachable!("it was started on SQLite") };
    let moved = move || {
        let mut connection = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("it opens");
        connection.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON").expect("it is set up");
        let before = rows(&mut connection);
        for words in [DOWN, UP] {
            let run = |connection: &mut SqliteConnection| connection.batch_execute(words);
            connection.transaction(run).expect("the rows move");
        }
        (before, rows(&mut connection))
    };

    let (before, after) = tokio::task::spawn_blocking(moved).await.expect("they move");

    assert!(before.values().all(|rows| !rows.is_empty()), "{before:?}");
    assert_eq!(before, after);
    assert_eq!(deep::wrong(&server.app.service.db).await, [""; 0]);
}

/// Every row of the tables that move, all columns as text.
fn rows(connection: &mut SqliteConnection) -> BTreeMap<&'static str, Vec<String>> {
    let mut lines = |query: &str| -> Vec<String> {
        let rows: Vec<Line> = diesel::sql_query(query).load(connection).expect(query);
        rows.into_iter().map(|row| row.line).collect()
    };
    let read = |table| {
        // In the order of their names: the columns stand in another one.
        let columns =
            lines(&format!("SELECT 'quote(' || name || ')' AS line FROM pragma_table_info('{table}') ORDER BY name"));
        (table, lines(&format!("SELECT {} AS line FROM {table} ORDER BY line", columns.join(" || ' ' || "))))
    };
    ["users", "user_emails", "memberships", "removed_users", "audit"].into_iter().map(read).collect()
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

async fn open(url: &DatabaseUrl) -> Db {
    Db::open(url, Config::load(None).expect("the defaults are good").storage_options()).await.expect("it opens")
}

async fn up_down_up(url: &DatabaseUrl) {
    let db = open(url).await;
    assert!(db.migrations().await.expect("they are listed").iter().all(|status| !status.applied));
    db.migrate().await.expect("up");
    let before = schema(url).await;
    assert!(before.columns.len() > 50 && before.indexes.len() > 10, "{before:?}");

    db.revert_migrations().await.expect("down");
    let none = schema(url).await;
    assert_eq!((none.columns.len(), none.indexes.len()), (0, 0), "{none:?}");

    db.migrate().await.expect("up again");
    db.migrate().await.expect("once more changes nothing");
    assert_eq!(schema(url).await, before);
    assert!(db.migrations().await.expect("they are listed").iter().all(|status| status.applied));
}

async fn schema(url: &DatabaseUrl) -> Schema {
    let url = url.clone();
    let read = move || match &url {
        DatabaseUrl::Sqlite(path) => {
            // The provisioning log is a file of its own.
            let name = format!("{}-log.db", path.file_stem().expect("a name").to_string_lossy());
            let log = path.with_file_name(name);
            let main = sqlite_schema(path.to_str().expect("UTF-8"));
            let log = if log.exists() { sqlite_schema(log.to_str().expect("UTF-8")) } else { Schema::default() };
            main.and(log)
        }
        DatabaseUrl::Postgres(url) => postgres_schema(url),
    };
    tokio::task::spawn_blocking(read).await.expect("it is read")
}

/// The database was opened by the program before: SQLite takes its process-wide settings only then.
fn sqlite_schema(path: &str) -> Schema {
    let mut connection = SqliteConnection::establish(path).expect("it opens");
    // The one who migrated may still be closing the file.
    connection.batch_execute("PRAGMA busy_timeout = 10000").expect("it waits");
    let mut lines = |query: &str| -> BTreeSet<String> {
        let rows: Vec<Line> = diesel::sql_query(query).load(&mut connection).expect(query);
        rows.into_iter().map(|row| row.line).collect()
    };
    let tables = "FROM sqlite_master t JOIN";
    let ours = "WHERE t.type = 'table' AND t.name NOT LIKE '%diesel%'";
    let named = lines(&format!(
        "SELECT t.name || '.' || i.name AS line {tables} pragma_index_list(t.name) i {ours} AND i.origin = 'c'"
    ));
    // A UNIQUE constraint has its name in the text of the table only.
    let constraints = lines("SELECT t.name || ' ' || t.sql AS line FROM sqlite_master t WHERE t.type = 'table'");
    let constraints = constraints.iter().flat_map(|line| {
        let (table, sql) = line.split_once(' ').expect("a name and a text");
        sql.split("CONSTRAINT ").skip(1).filter_map(move |rest| Some(format!("{table}.{}", rest.split(' ').next()?)))
    });
    Schema {
        columns: lines(&format!(
            "SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" THEN ' NOT NULL' ELSE '' END AS line \
             {tables} pragma_table_info(t.name) c {ours}"
        )),
        indexes: named.into_iter().chain(constraints).collect(),
        by_account: lines(&format!(
            "SELECT t.name AS line {tables} pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c \
             {ours} AND c.seqno = 0 AND c.name = 'account_id'"
        )),
    }
}

fn postgres_schema(url: &str) -> Schema {
    let lines = |statement: &str| -> BTreeSet<String> { query(url, statement).into_iter().collect() };
    let indexes = "FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid \
                   WHERE t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '%diesel%'";
    Schema {
        columns: lines(
            "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '%diesel%'",
        ),
        indexes: lines(&format!("SELECT t.relname || '.' || x.relname {indexes} AND NOT i.indisprimary")),
        by_account: lines(&format!(
            "SELECT t.relname {indexes} AND 'account_id' = (SELECT attname FROM pg_attribute \
             WHERE attrelid = t.oid AND attnum = i.indkey[0])"
        )),
    }
}
