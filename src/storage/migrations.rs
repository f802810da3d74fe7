//! Schema migrations, embedded in the program.

use super::Error;
use super::postgres::Pool;
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::migration::{Migration, MigrationSource};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_async::{AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
/// Of the provisioning log, which is a file of its own.
const SQLITE_LOG: EmbeddedMigrations = embed_migrations!("migrations/sqlite-log");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Takes the lock of the migrations on PostgreSQL, however long another replica holds it or a migration runs.
const LOCK: &str = "SET statement_timeout = 0; SELECT pg_advisory_lock(7306080612)";

/// Lifts the numbers of new events above those there are: a database that was restored into another cluster finds the
/// transactions there numbered lower. It leaves a gap, because readers may have seen more events than the copy holds.
const RAISE_EVENT_OFFSET: &str = "\
    SELECT setval('event_offset', highest / 1048576 + 16777216 - next) \
    FROM (SELECT max(sequence) AS highest FROM accounts a, LATERAL (SELECT sequence FROM events e \
      WHERE e.account_id = a.id ORDER BY sequence DESC LIMIT 1) last) events, \
      (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) transactions \
    WHERE highest / 1048576 >= next + (SELECT last_value FROM event_offset)";

/// A migration and whether it has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub name: String,
    pub applied: bool,
}

/// Which file of an SQLite database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Main,
    Log,
}

impl Part {
    const fn migrations(self) -> EmbeddedMigrations {
        match self {
            Self::Main => SQLITE,
            Self::Log => SQLITE_LOG,
        }
    }

    /// Every migration of the part, as if none had run.
    pub fn pending(self) -> Result<Vec<Status>, Error> {
        let all: Vec<Box<dyn Migration<Sqlite>>> = self.migrations().migrations().map_err(failed)?;
        let names = names(&all);
        Ok(statuses(&names, &names))
    }
}

/// Runs what has not run yet. Several programs may start on one file at once, so all of it is one transaction that
/// keeps the others out.
pub fn run_sqlite(connection: &mut SqliteConnection, part: Part) -> Result<(), Error> {
    if statuses_sqlite(connection, part)?.iter().all(|status| status.applied) {
        return Ok(());
    }
    AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN EXCLUSIVE")?;
    let ran = connection.run_pending_migrations(part.migrations()).map(drop).map_err(failed);
    match ran {
        Ok(()) => Ok(AnsiTransactionManager::commit_transaction(connection)?),
        Err(error) => {
            AnsiTransactionManager::rollback_transaction(connection)?;
            Err(error)
        }
    }
}

/// Undoes every migration.
pub fn revert_sqlite(connection: &mut SqliteConnection, part: Part) -> Result<(), Error> {
    connection.revert_all_migrations(part.migrations()).map(drop).map_err(failed)
}

pub fn statuses_sqlite(connection: &mut SqliteConnection, part: Part) -> Result<Vec<Status>, Error> {
    let pending = MigrationHarness::<Sqlite>::pending_migrations(connection, part.migrations()).map_err(failed)?;
    let all: Vec<Box<dyn Migration<Sqlite>>> = part.migrations().migrations().map_err(failed)?;
    Ok(statuses(&names(&all), &names(&pending)))
}

/// Runs what has not run yet. Of several replicas that start at once one migrates and the others wait.
pub async fn run_postgres(pool: &Pool) -> Result<(), Error> {
    let mut session = pool.session().await?;
    // The lock ends with the session.
    session.batch_execute(LOCK).await?;
    let mut harness = AsyncMigrationHarness::new(session);
    tokio::task::block_in_place(|| harness.run_pending_migrations(POSTGRES).map(drop).map_err(failed))?;
    Ok(harness.into_inner().batch_execute(RAISE_EVENT_OFFSET).await?)
}

/// Undoes every migration.
pub async fn revert_postgres(pool: &Pool) -> Result<(), Error> {
    let mut harness = AsyncMigrationHarness::new(pool.session().await?);
    tokio::task::block_in_place(|| harness.revert_all_migrations(POSTGRES).map(drop).map_err(failed))
}

pub async fn statuses_postgres(pool: &Pool) -> Result<Vec<Status>, Error> {
    // Asking makes the table of migrations, which must not happen twice at once.
    let mut session = pool.session().await?;
    session.batch_execute(LOCK).await?;
    let mut harness = AsyncMigrationHarness::new(session);
    let pending = tokio::task::block_in_place(|| harness.pending_migrations(POSTGRES).map_err(failed))?;
    let all: Vec<Box<dyn Migration<diesel::pg::Pg>>> = POSTGRES.migrations().map_err(failed)?;
    Ok(statuses(&names(&all), &names(&pending)))
}

fn names<DB: diesel::backend::Backend>(migrations: &[Box<dyn Migration<DB>>]) -> Vec<String> {
    let mut names: Vec<String> = migrations.iter().map(|migration| migration.name().to_string()).collect();
    names.sort();
    names
}

fn statuses(all: &[String], pending: &[String]) -> Vec<Status> {
    all.iter().map(|name| Status { name: name.clone(), applied: !pending.contains(name) }).collect()
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a migration failed: {error}"))
}
