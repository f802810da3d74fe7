//! The database of a server or a command.

use super::migrations::{self, Part, Status};
use super::postgres::{self, Pool};
use super::sqlite::{self, Threads};
use super::waiting::Waiting;
use super::{DatabaseUrl, Error, Load, Tx, WorkError};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// Spans for a collector of traces; the log leaves them out.
const SPANS: &str = "spans";

/// How much of a machine the database may use.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// SQLite: threads for long reads.
    pub readers: usize,
    /// Long reads that may wait; more are refused.
    pub queue: usize,
    /// How long any work may wait.
    pub wait: Duration,
    /// PostgreSQL: pooled connections.
    pub pool: usize,
    /// PostgreSQL: shared connections for point reads.
    pub lanes: usize,
}

impl Options {
    fn waiting(&self) -> Waiting {
        Waiting { most: self.queue, longest: self.wait }
    }
}

/// A database that is open. Cheap to clone.
///
/// What waits for PostgreSQL is kept on the heap: it is as large as everything that a request can ask, and each layer around
/// a request moves what it holds, whichever database there is.
#[derive(Clone)]
pub enum Db {
    Sqlite { threads: Threads, path: Arc<PathBuf>, lock: Option<Arc<File>> },
    Postgres(Pool),
}

/// A fact about a database, for `doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub name: String,
    pub value: String,
    pub good: bool,
}

impl Db {
    /// Opens a database for a server and migrates it. Only one server may have an SQLite file.
    pub async fn serve(url: &DatabaseUrl, options: Options) -> Result<Self, Error> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let (mut connection, lock) = sqlite::open_for_server(path)?;
                migrations::run_sqlite(&mut connection, Part::Main)?;
                let threads = Threads::start(path, connection, options.readers, options.waiting())?;
                Ok(Self::Sqlite { threads, path: Arc::new(path.clone()), lock: Some(Arc::new(lock)) })
            }
            DatabaseUrl::Postgres(_) => {
                let db = Self::open(url, options).await?;
                db.migrate().await?;
                if let Self::Postgres(pool) = &db {
                    tokio::spawn(postgres::keep_statistics(pool.clone()));
                }
                Ok(db)
            }
        }
    }

    /// Opens the provisioning log of this database, migrated. It is a file or a few connections of its own: whatever holds the
    /// log up holds nothing else up.
    pub fn open_log(&self, options: Options) -> Result<Self, Error> {
        match self {
            Self::Sqlite { path, .. } => {
                let path = sqlite::log_path(path);
                let mut connection = sqlite::open_log(&path)?;
                migrations::run_sqlite(&mut connection, Part::Log)?;
                let threads = Threads::start(&path, connection, 1, options.waiting())?;
                Ok(Self::Sqlite { threads, path: Arc::new(path), lock: None })
            }
            // One to write, one to forget, the others to read.
            Self::Postgres(pool) => {
                Ok(Self::Postgres(pool.beside(postgres::Options { pool: 4, lanes: 1, waiting: options.waiting() })?))
            }
        }
    }

    /// Opens a database for one command, without migrating it.
    pub async fn open(url: &DatabaseUrl, options: Options) -> Result<Self, Error> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let connection = sqlite::open_for_command(path)?;
                let threads = Threads::start(path, connection, 1, options.waiting())?;
                Ok(Self::Sqlite { threads, path: Arc::new(path.clone()), lock: None })
            }
            DatabaseUrl::Postgres(url) => {
                let options =
                    postgres::Options { pool: options.pool, lanes: options.lanes, waiting: options.waiting() };
                Ok(Self::Postgres(Pool::new(url, options)?))
            }
        }
    }

    /// Runs short reads, such as one resource by its id.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let work = async {
            match self {
                Self::Sqlite { threads, .. } => threads.read(work).await,
                Self::Postgres(pool) => Box::pin(pool.read(work)).await,
            }
        };
        work.instrument(tracing::info_span!(target: SPANS, "db.read")).await
    }

    /// Runs reads that may take long, such as a page under a filter; they see one state of the database throughout.
    pub async fn scan<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let work = async {
            match self {
                Self::Sqlite { threads, .. } => threads.scan(work).await,
                Self::Postgres(pool) => Box::pin(pool.scan(work)).await,
            }
        };
        work.instrument(tracing::info_span!(target: SPANS, "db.scan")).await
    }

    /// Runs work in one transaction. It is durable when this returns `Ok` and has left nothing when it
    /// returns another error than `OutcomeUnknown`.
    /// The work may run more than once.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let work = async {
            match self {
                Self::Sqlite { threads, .. } => threads.write(work).await,
                Self::Postgres(pool) => Box::pin(pool.write(work)).await,
            }
        };
        work.instrument(tracing::info_span!(target: SPANS, "db.write")).await
    }

    pub async fn migrate(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite { path, .. } => {
                migrations::run_sqlite(&mut sqlite::open_for_command(path)?, Part::Main)?;
                migrations::run_sqlite(&mut sqlite::open_log(&sqlite::log_path(path))?, Part::Log)
            }
            Self::Postgres(pool) => migrations::run_postgres(pool).await,
        }
    }

    /// Undoes every migration: all data are gone.
    pub async fn revert_migrations(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite { path, .. } => {
                migrations::revert_sqlite(&mut sqlite::open_for_command(path)?, Part::Main)?;
                migrations::revert_sqlite(&mut sqlite::open_log(&sqlite::log_path(path))?, Part::Log)
            }
            Self::Postgres(pool) => migrations::revert_postgres(pool).await,
        }
    }

    pub async fn migrations(&self) -> Result<Vec<Status>, Error> {
        match self {
            Self::Sqlite { path, .. } => {
                let mut statuses = migrations::statuses_sqlite(&mut sqlite::open_for_command(path)?, Part::Main)?;
                let log = sqlite::log_path(path);
                // To look must not make a file.
                statuses.extend(match log.exists() {
                    true => migrations::statuses_sqlite(&mut sqlite::open_log(&log)?, Part::Log)?,
                    false => Part::Log.pending()?,
                });
                Ok(statuses)
            }
            Self::Postgres(pool) => migrations::statuses_postgres(pool).await,
        }
    }

    /// Writes a consistent copy of an SQLite database; a server may go on serving it.
    pub fn backup(&self, target: &Path) -> Result<(), Error> {
        match self {
            Self::Sqlite { path, .. } => sqlite::backup(&mut sqlite::open_for_command(path)?, target),
            Self::Postgres(_) => {
                Err(Error::Internal("only an SQLite database is copied this way; use pg_dump".to_owned()))
            }
        }
    }

    /// How busy it is.
    pub fn load(&self) -> Load {
        match self {
            Self::Sqlite { threads, .. } => threads.load(),
            Self::Postgres(pool) => pool.load(),
        }
    }

    /// What durability and speed hang on.
    pub async fn health(&self) -> Result<Vec<Health>, Error> {
        match self {
            Self::Sqlite { path, .. } => {
                let mut facts = sqlite::health(&mut sqlite::open_for_command(path)?)?;
                facts.push(sqlite::log_health(&sqlite::log_path(path))?);
                Ok(facts)
            }
            Self::Postgres(pool) => postgres::health(pool).await,
        }
    }
}
