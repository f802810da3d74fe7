//! What PostgreSQL does by itself: the rows that the server writes for one request, written by its client library in one
//! transaction, every statement prepared and all of them sent at once.

use crate::drive::{Slice, Until, micros};
use crate::failure::{Failure, Result};
use crate::people::{People, external_id, patch_active, user_name};
use crate::postgres::{Session, connect};
use crate::server::Server;
use crate::store::{Column, Store};
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

/// A row of one table, all values as text, as the server wrote it for one user.
#[derive(Clone)]
struct Pattern {
    insert: String,
    columns: Vec<String>,
    values: Vec<Option<String>>,
}

/// What stands in the patterns, to be replaced.
struct Old {
    name: String,
    outer_id: String,
    id: String,
}

pub struct Raw {
    url: String,
    runtime: Runtime,
    /// The rows of a create.
    create: Arc<Vec<Pattern>>,
    /// The audit entry and the event of a PATCH.
    patch: Arc<Vec<Pattern>>,
    account: String,
    old: Arc<Old>,
    /// Where names of created users go on.
    next: AtomicU64,
}

impl Raw {
    /// Looks at what the server writes for user `number`, and for a PATCH of him.
    pub fn new(store: &Store, server: &Server, number: u64, id: Uuid, first: u64) -> Result<Self> {
        let mut client = crate::client::Client::new(&server.target);
        for active in [false, true] {
            let status = client.call("PATCH", &format!("/Users/{id}"), Some(&patch_active(active)))?;
            if status != 200 {
                return Err(Failure::new(format!("A user cannot be changed: {status} {}", client.text())));
            }
        }
        let session = Session::open(&store.url())?;
        let pattern = |table: &str, owner: &str, last: bool| -> Result<Pattern> {
            let order = match table {
                "audit" => "id",
                "events" => "sequence",
                _ => owner,
            };
            let columns = store.columns(table)?;
            Pattern::read(
                &session,
                table,
                &columns,
                owner,
                id,
                &format!("{order} {}", if last { "DESC" } else { "ASC" }),
            )
        };
        let create = vec![
            pattern("users", "id", false)?,
            pattern("user_emails", "user_id", false)?,
            pattern("memberships", "user_id", false)?,
            pattern("audit", "subject_id", false)?,
            pattern("events", "subject_id", false)?,
        ];
        let patch = vec![pattern("audit", "subject_id", true)?, pattern("events", "subject_id", true)?];
        let account = session.text("SELECT account_id::text FROM totals LIMIT 1").unwrap_or_default();
        let old = Old { name: user_name(number), outer_id: external_id(number), id: id.to_string() };
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        Ok(Self {
            url: store.url(),
            runtime,
            create: Arc::new(create),
            patch: Arc::new(patch),
            account,
            old: Arc::new(old),
            next: AtomicU64::new(first),
        })
    }

    pub fn creates(&self, connections: usize, until: Until) -> Result<Slice> {
        let from = self.next.fetch_add(until.calls, Ordering::Relaxed);
        let (create, old, account) = (Arc::clone(&self.create), Arc::clone(&self.old), self.account.clone());
        self.run(connections, until, move |worker, call| {
            let (number, id) = (from + call, Uuid::now_v7().to_string());
            let rows = create.iter().map(|row| row.renewed(&old, number, &id)).collect();
            let live = "UPDATE totals SET live = live + 1 WHERE account_id = $1::text::uuid AND kind = 'user' AND shard = $2::text::int";
            Job { rows, change: (live, vec![account.clone(), (worker % 16).to_string()]) }
        })
    }

    /// PATCHes of random users among these.
    pub fn patches(&self, connections: usize, until: Until, people: &People) -> Result<Slice> {
        let (patch, old, account) = (Arc::clone(&self.patch), Arc::clone(&self.old), self.account.clone());
        let people = people.clone();
        self.run(connections, until, move |_, call| {
            let spread = call.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
            let (number, id) = people.at(usize::try_from(spread).unwrap_or(0) % people.count().max(1));
            let id = id.to_string();
            let rows = patch.iter().map(|row| row.renewed(&old, number, &id)).collect();
            let change = "UPDATE users SET active = NOT active, version = version + 1, last_modified = $3::text::bigint, \
                          body = body || '' WHERE account_id = $1::text::uuid AND id = $2::text::uuid";
            Job { rows, change: (change, vec![account.clone(), id, now()]) }
        })
    }

    fn run(
        &self,
        connections: usize,
        until: Until,
        job: impl Fn(usize, u64) -> Job + Send + Sync + 'static,
    ) -> Result<Slice> {
        let (url, job, next) = (self.url.clone(), Arc::new(job), Arc::new(AtomicU64::new(0)));
        self.runtime.block_on(async move {
            let mut ready = Vec::new();
            for worker in 0..connections {
                let client = connect(&url).await?;
                // Prepared before the clock runs.
                let prepared = Prepared::new(&client, job(worker, 0)).await?;
                ready.push((worker, client, prepared));
            }
            let begun = Instant::now();
            let mut workers = JoinSet::new();
            for (worker, client, prepared) in ready {
                let (job, next) = (Arc::clone(&job), Arc::clone(&next));
                workers.spawn(async move {
                    let mut latencies = Vec::new();
                    while begun.elapsed() < Duration::from_secs_f64(until.seconds) {
                        let call = next.fetch_add(1, Ordering::Relaxed);
                        if call >= until.calls {
                            break;
                        }
                        let job = job(worker, call);
                        let sent = Instant::now();
                        prepared.send(&client, &job).await?;
                        latencies.push(micros(sent.elapsed()));
                    }
                    Ok::<_, Failure>(latencies)
                });
            }
            let mut slice = Slice::default();
            while let Some(done) = workers.join_next().await {
                slice.latencies.extend(done??);
            }
            slice.seconds = begun.elapsed().as_secs_f64();
            slice.latencies.sort_by(f64::total_cmp);
            Ok(slice)
        })
    }
}

/// The rows of one transaction, and what it changes beside.
struct Job {
    rows: Vec<Pattern>,
    change: (&'static str, Vec<String>),
}

struct Prepared {
    rows: Vec<Statement>,
    change: Statement,
}

impl Prepared {
    async fn new(client: &Client, job: Job) -> Result<Self> {
        let mut rows = Vec::new();
        for row in &job.rows {
            rows.push(client.prepare(&row.insert).await?);
        }
        Ok(Self { rows, change: client.prepare(job.change.0).await? })
    }

    /// One transaction: everything goes out together, PostgreSQL answers it in order.
    async fn send(&self, client: &Client, job: &Job) -> Result<()> {
        let rows = self.rows.iter().zip(&job.rows).map(|(statement, row)| async move {
            let values: Vec<&(dyn ToSql + Sync)> =
                row.values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
            client.execute(statement, &values).await
        });
        let values: Vec<&(dyn ToSql + Sync)> = job.change.1.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let (begun, rows, changed, committed) = tokio::join!(
            client.batch_execute("BEGIN"),
            join_all(rows),
            client.execute(&self.change, &values),
            client.batch_execute("COMMIT"),
        );
        begun?;
        for row in rows {
            row?;
        }
        changed?;
        Ok(committed?)
    }
}

impl Pattern {
    fn read(session: &Session, table: &str, columns: &[Column], owner: &str, id: Uuid, order: &str) -> Result<Self> {
        // Events are numbered by the database.
        let names = columns.iter().map(|column| column.name.clone()).filter(|name| name != "sequence");
        let names: Vec<String> = names.collect();
        let texts: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
        let query =
            format!("SELECT {} FROM {table} WHERE {owner}::text = $1 ORDER BY {order} LIMIT 1", texts.join(", "));
        let rows = session.query(&query, &[&id.to_string()])?;
        let row = rows.first().ok_or_else(|| Failure::new(format!("The server wrote nothing into {table}.")))?;
        let values = (0..names.len()).map(|place| row.get(place)).collect();
        let types = session.query(
            "SELECT column_name::text, udt_name::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = $1",
            &[&table],
        )?;
        let type_of =
            |name: &str| types.iter().find(|row| row.get::<_, &str>(0) == name).map(|row| row.get::<_, &str>(1));
        let place = |(name, number): (&String, u32)| format!("${number}::text::{}", type_of(name).unwrap_or("text"));
        let places: Vec<String> = names.iter().zip(1..).map(place).collect();
        let (mut into, mut places) = (names.join(", "), places.join(", "));
        if table == "events" {
            into.push_str(", sequence");
            places.push_str(", pg_current_xact_id()::text::bigint * 1048576");
        }
        Ok(Self { insert: format!("INSERT INTO {table} ({into}) VALUES ({places})"), columns: names, values })
    }

    /// The same row about another user.
    fn renewed(&self, old: &Old, number: u64, id: &str) -> Self {
        let mut new = self.clone();
        for (column, value) in new.columns.iter().zip(&mut new.values) {
            let Some(value) = value else { continue };
            *value = match column.as_str() {
                "last_modified" | "since" | "at" => now(),
                // An audit entry has an id of its own; everybody else's is the user's.
                "id" if self.insert.starts_with("INSERT INTO audit") => Uuid::now_v7().to_string(),
                _ => value
                    .replace(&old.name, &user_name(number))
                    .replace(&old.outer_id, &external_id(number))
                    .replace(&old.id, id),
            };
        }
        new
    }
}

fn now() -> String {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string()
}
