//! Fills a database: the first users over HTTP, further ones with statements about many rows, which copy what the server
//! itself wrote for those that came over HTTP. A column that the server gets later is copied, too.

use crate::client::{Client, Target};
use crate::drive::{Until, drive, expect};
use crate::failure::{Failure, Result};
use crate::people::{body, escape, user_name};
use crate::postgres::Session;
use crate::server::Server;
use crate::store::{Column, Kind, Store};
use rusqlite::Connection;

/// Users of one transaction. (On PostgreSQL numbers of events are good for a million in one.)
const CHUNK: u64 = 100_000;

/// Every table with rows of a user, and the column that says whose they are.
const TABLES: [(&str, &str); 5] = [
    ("users", "id"),
    ("user_emails", "user_id"),
    ("memberships", "user_id"),
    ("audit", "subject_id"),
    ("events", "subject_id"),
];

/// Copied users are made by one of so many that were made over HTTP.
pub const PATTERNS: u64 = 128;

/// Users are created in steps of a second before the first that came over HTTP.
const STEP: u64 = 1_000;
const MOST: u64 = 4_000_000;

/// Creates users `from..=to` as an identity provider does.
pub fn over_http(target: &Target, from: u64, to: u64) -> Result<()> {
    let until = Until { seconds: 3_600.0, calls: to + 1 - from };
    let slice = drive(target, 8, until, |client, turn| {
        let body = body(from + turn.number);
        expect(client, ("POST", "/Users", Some(&body)), &[201], |_| true)
    });
    match slice.first_error {
        Some(error) => Err(Failure::new(format!("A user cannot be created: {error}"))),
        None => Ok(()),
    }
}

/// Puts users `from..=to` into a database that no server has open.
pub fn directly(store: &Store, from: u64, to: u64) -> Result<()> {
    let words = Words::of(store);
    let prepare = words.patterns();
    let mut tables = Vec::new();
    for (table, owner) in TABLES {
        tables.push(words.copy(table, owner, &store.columns(table)?));
    }
    let chunk = |first: u64| {
        let last = to.min(first + CHUNK - 1);
        let total = format!("UPDATE totals SET live = live + {} WHERE kind = 'user' AND shard = 0;", last + 1 - first);
        format!("BEGIN; {} {} {total} COMMIT;", words.fresh(first, last), tables.concat())
    };
    let firsts = (from..=to).step_by(usize::try_from(CHUNK)?);
    match store {
        Store::Sqlite(path) => {
            let connection = Connection::open(path)?;
            connection.execute_batch(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; \
                 PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF;",
            )?;
            connection.execute_batch(&prepare)?;
            for first in firsts {
                connection.execute_batch(&chunk(first))?;
            }
            Ok(())
        }
        Store::Postgres { .. } => {
            let session = Session::open(&store.url())?;
            session.execute("SET synchronous_commit = off")?;
            session.execute(&prepare)?;
            for first in firsts {
                session.execute(&chunk(first))?;
            }
            // What autovacuum would do by and by.
            session.execute("VACUUM (ANALYZE)")?;
            session.execute("CHECKPOINT")
        }
    }
}

/// That the server finds what was put under it: the total, some users by name, and their bodies.
pub fn check(server: &Server, users: u64) -> Result<()> {
    let mut client = Client::new(&server.target);
    let path = "/Users?count=1";
    let total = |client: &Client| client.number("totalResults") == Some(users);
    expect(&mut client, ("GET", path, None), &[200], total)
        .map_err(|error| Failure::new(format!("There should be {users} users: {error}")))?;
    for number in (1..=users).step_by(usize::try_from(users / 20)?.max(1)).chain([users]) {
        let name = user_name(number);
        let path = format!("/Users?filter={}", escape(&format!("userName eq \"{}\"", name.to_uppercase())));
        let found = |client: &Client| {
            let id = client.value("id").unwrap_or_default();
            client.number("totalResults") == Some(1)
                && client.contains(&name)
                && client.contains(&format!("/Users/{id}"))
        };
        expect(&mut client, ("GET", &path, None), &[200], found).map_err(Failure::new)?;
        let path = format!("/Users/{}", client.value("id").unwrap_or_default());
        expect(&mut client, ("GET", &path, None), &[200], |client| client.contains(&name)).map_err(Failure::new)?;
    }
    Ok(())
}

/// The words in which the two databases differ.
struct Words {
    temporary: &'static str,
    /// The numbers from the first to the last, as `n(i)`.
    numbers: fn(u64, u64) -> String,
    /// A number in seven places.
    seven: fn(&str) -> String,
    /// An id of version 7 from 32 digits, as a value of an id column.
    id: fn(&str) -> String,
    /// Number in so many hexadecimal digits.
    hex: fn(&str, u8) -> String,
    /// The text of an id column.
    text: fn(&str) -> String,
    /// The number of a copied event.
    sequence: &'static str,
}

impl Words {
    fn of(store: &Store) -> Self {
        match store {
            Store::Sqlite(_) => Self {
                temporary: "temp.",
                numbers: |first, last| {
                    format!(
                        "(WITH RECURSIVE c(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM c WHERE i < {last}) SELECT i FROM c)"
                    )
                },
                seven: |number| format!("printf('%07d', {number})"),
                id: |digits| format!("unhex({digits})"),
                hex: |number, places| format!("printf('%0{places}x', {number})"),
                text: |id| {
                    let part = |from: u8, length: u8| format!("substr(lower(hex({id})), {from}, {length})");
                    [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(" || '-' || ")
                },
                sequence: "(SELECT COALESCE(MAX(sequence), 0) FROM events WHERE account_id = p.account_id) + f.place",
            },
            Store::Postgres { .. } => Self {
                temporary: "pg_temp.",
                numbers: |first, last| format!("(SELECT generate_series({first}::bigint, {last}::bigint) AS i)"),
                seven: |number| format!("lpad(({number})::text, 7, '0')"),
                id: |digits| format!("({digits})::uuid"),
                hex: |number, places| format!("lpad(to_hex({number}), {places}, '0')"),
                text: |id| format!("({id})::text"),
                sequence: "pg_current_xact_id()::text::bigint * 1048576 + f.place",
            },
        }
    }

    /// The users that are copied, and their rows in each table.
    fn patterns(&self) -> String {
        let Self { temporary, .. } = self;
        let (seven, id_text) = ((self.seven)("i"), (self.text)("u.id"));
        let mut sql = format!(
            "CREATE TEMP TABLE pattern AS SELECT i, account_id, id AS id, {id_text} AS id_text, \
             'user' || {seven} || '@example.com' AS name, external_id AS outer_id \
             FROM {} n JOIN users u ON u.user_name_key = 'user' || {seven} || '@example.com'; \
             CREATE UNIQUE INDEX {}pattern_by_i ON pattern(i);",
            (self.numbers)(1, PATTERNS),
            // SQLite wants the schema before the index, PostgreSQL takes it from the table.
            if *temporary == "temp." { "temp." } else { "" },
        );
        for (table, owner) in TABLES {
            let is_text = owner == "subject_id";
            let mine = if is_text { "pattern.id_text" } else { "pattern.id" };
            let made = if is_text { format!(" AND p.{}", made_only(table)) } else { String::new() };
            sql.push_str(&format!(
                "CREATE TEMP TABLE pattern_{table} AS SELECT pattern.i AS pattern_i, p.* FROM {table} p JOIN pattern \
                 ON p.account_id = pattern.account_id AND p.{owner} = {mine}{made}; \
                 CREATE INDEX {}pattern_{table}_by_i ON pattern_{table}(pattern_i);",
                if *temporary == "temp." { "temp." } else { "" },
            ));
        }
        sql
    }

    /// What is new in the users of a chunk.
    fn fresh(&self, first: u64, last: u64) -> String {
        let Self { hex, id, text, seven, .. } = self;
        // Before the first user that came over HTTP, and later numbers later.
        let at = format!("(SELECT MIN(at) FROM pattern_events) - ({MOST} - i) * {STEP}");
        let digits =
            |kind: &str| format!("{} || '7' || {} || '{kind}' || {}", hex("at", 12), hex("i % 4096", 3), hex("i", 15));
        let (user, audit, request) = (id(&digits("8")), id(&digits("a")), id(&digits("b")));
        format!(
            "DROP TABLE IF EXISTS {temporary}fresh; CREATE TEMP TABLE fresh AS SELECT f.*, {user_text} AS id_text, {request_text} AS request_id, \
             p.i AS pattern_i, p.id AS old_id, p.id_text AS old_id_text, p.name AS old_name, p.outer_id AS old_outer_id FROM \
             (SELECT i, place, at, {user} AS id, {audit} AS audit_id, {request} AS request, \
              'user' || {number} || '@example.com' AS name, 'ext-' || {number} AS outer_id FROM \
              (SELECT i, i - {first} + 1 AS place, {at} AS at FROM {numbers} n) t) f \
             JOIN pattern p ON p.i = 1 + f.i % {PATTERNS};",
            temporary = self.temporary,
            user_text = text("f.id"),
            request_text = text("f.request"),
            number = seven("i"),
            numbers = (self.numbers)(first, last),
        )
    }

    /// Copies the rows of one table.
    fn copy(&self, table: &str, owner: &str, columns: &[Column]) -> String {
        let value = |column: &Column| {
            let name = column.name.as_str();
            match (table, name) {
                ("audit", "id") => "f.audit_id".to_owned(),
                ("audit" | "events", "request_id") => "f.request_id".to_owned(),
                ("events", "sequence") => self.sequence.to_owned(),
                (_, "last_modified" | "since" | "at") => "f.at".to_owned(),
                (_, name) if name == owner && column.kind == Kind::Id => "f.id".to_owned(),
                _ if column.kind == Kind::Text => format!(
                    "replace(replace(replace(p.{name}, f.old_name, f.name), f.old_outer_id, f.outer_id), f.old_id_text, f.id_text)"
                ),
                _ => format!("p.{name}"),
            }
        };
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<String> = columns.iter().map(value).collect();
        format!(
            "INSERT INTO {table} ({}) SELECT {} FROM {temporary}fresh f JOIN {temporary}pattern_{table} p ON p.pattern_i = f.pattern_i ORDER BY f.i;",
            names.join(", "),
            values.join(", "),
            temporary = self.temporary,
        )
    }
}

/// Of a user who was changed since, only what tells that he was made.
fn made_only(table: &str) -> &'static str {
    if table == "audit" { "action = 'user.created'" } else { "kind = 'user.created'" }
}
