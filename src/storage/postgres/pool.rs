//! How work reaches PostgreSQL.

use super::Conn;
use super::connect::connect;
use super::queue::Queue;
use crate::storage::waiting::Waiting;
use crate::storage::{Error, Load, Tx, WorkError};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool as Deadpool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use futures_util::FutureExt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::RwLock;

/// How many connections one server uses. Mind replicas × (pool + lanes) < max_connections.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub pool: usize,
    /// Shared connections for point reads.
    pub lanes: usize,
    /// Requests that wait for a free connection.
    pub waiting: Waiting,
}

/// A point read that takes longer waits on a connection that is lost.
const LONGEST_POINT_READ: Duration = Duration::from_secs(5);

/// Transactions that lost against others are tried so often.
const ATTEMPTS: u32 = 5;

#[derive(Clone)]
pub struct Pool {
    url: Arc<str>,
    pool: Deadpool<AsyncPgConnection>,
    /// Long reads, which never take all connections: short writes need some, too.
    scans: Arc<Queue>,
    lanes: Arc<[RwLock<Option<Arc<AsyncPgConnection>>>]>,
    turn: Arc<AtomicUsize>,
}

impl Pool {
    /// Makes the pool without connecting yet.
    pub fn new(url: &str, options: Options) -> Result<Self, Error> {
        let mut config = ManagerConfig::default();
        // The default asks the server before each use, which costs a third of the speed.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(|url| {
            let url = url.to_owned();
            async move { connect(&url).await }.boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Deadpool::builder(manager)
            .max_size(options.pool)
            .wait_timeout(Some(options.waiting.longest))
            .create_timeout(Some(options.waiting.longest))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        let lanes = (0..options.lanes.max(1)).map(|_| RwLock::new(None)).collect();
        let scans = Arc::new(Queue::new((options.pool / 2).max(1), options.waiting));
        Ok(Self { url: url.into(), pool, scans, lanes, turn: Arc::default() })
    }

    /// Another pool for the same database.
    pub fn beside(&self, options: Options) -> Result<Self, Error> {
        Self::new(&self.url, options)
    }

    /// Point reads: several requests share one connection and do not wait for each other's answers.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let number = self.turn.fetch_add(1, Ordering::Relaxed) % self.lanes.len();
        let lane = self.lane(number, None).await?;
        match tokio::time::timeout(LONGEST_POINT_READ, pin!(work(&mut Tx::postgres(&lane)))).await {
            Ok(Err(error)) if matches!(error.storage(), Some(Error::Unavailable(_))) => {}
            Ok(result) => return result,
            Err(_) => tracing::warn!("a shared connection to PostgreSQL is silent and is replaced"),
        }
        // A read can be done again; the connection may only have been lost.
        let lane = self.lane(number, Some(&lane)).await?;
        let again = tokio::time::timeout(LONGEST_POINT_READ, pin!(work(&mut Tx::postgres(&lane)))).await;
        again.unwrap_or_else(|_| Err(Error::Unavailable("PostgreSQL does not answer".to_owned()).into()))
    }

    /// Reads that take long: on a connection of their own, because a lane answers in order, and in one snapshot.
    pub async fn scan<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let _place = self.scans.enter().await?;
        let mut transaction = Transaction::on(self.connection().await?);
        let mut tx = Tx::postgres_beginning(transaction.conn()?, begin);
        let result = work(&mut tx).await;
        let ahead = tx.into_ahead();
        transaction.rollback(ahead).await;
        result
    }

    /// Work in a transaction that is committed when it succeeds. It is done again when others were in the way.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        for attempt in 1.. {
            let mut transaction = Transaction::on(self.connection().await?);
            let mut tx = Tx::postgres_beginning(transaction.conn()?, "BEGIN");
            let result = match work(&mut tx).await {
                Ok(done) => tx.finish().await.map(|()| done).map_err(E::from),
                Err(error) => Err(error),
            };
            let contended = matches!(&result, Err(error) if matches!(error.storage(), Some(Error::Contention(_))));
            let ahead = tx.into_ahead();
            if result.is_ok() {
                transaction.commit(ahead).await?;
            } else {
                transaction.rollback(ahead).await;
            }
            if !contended || attempt == ATTEMPTS {
                return result;
            }
            // Not all at the same time again.
            let jitter = self.turn.fetch_add(1, Ordering::Relaxed) as u64 % 16;
            tokio::time::sleep(Duration::from_millis(u64::from(attempt) * (4 + jitter))).await;
        }
        Err(Error::Contention("others change the same data all the time".to_owned()).into())
    }

    pub fn load(&self) -> Load {
        let status = self.pool.status();
        let in_use = status.size.saturating_sub(status.available);
        let connections = [("in_use", in_use), ("idle", status.available)];
        Load::Postgres { connections, waiting: status.waiting, most: status.max_size }
    }

    /// A connection outside the pool, for what belongs to a session.
    pub async fn session(&self) -> Result<AsyncPgConnection, Error> {
        connect(&self.url).await.map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// A connection of the pool.
    pub(super) async fn connection(&self) -> Result<Object<AsyncPgConnection>, Error> {
        self.pool.get().await.map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// The connection of a lane; a new one in the place of `broken`.
    async fn lane(
        &self,
        number: usize,
        broken: Option<&Arc<AsyncPgConnection>>,
    ) -> Result<Arc<AsyncPgConnection>, Error> {
        let slot = &self.lanes[number];
        let usable = |lane: &&Arc<AsyncPgConnection>| broken.is_none_or(|broken| !Arc::ptr_eq(lane, broken));
        if let Some(lane) = slot.read().await.as_ref().filter(usable) {
            return Ok(Arc::clone(lane));
        }
        let mut slot = slot.write().await;
        if let Some(lane) = slot.as_ref().filter(usable) {
            return Ok(Arc::clone(lane));
        }
        let lane = Arc::new(self.session().await?);
        *slot = Some(Arc::clone(&lane));
        Ok(lane)
    }
}

/// A transaction on a pooled connection. A connection that is left inside one, because its request was dropped or the
/// server went away, never returns to the pool.
struct Transaction {
    connection: Option<Object<AsyncPgConnection>>,
}

impl Transaction {
    fn on(connection: Object<AsyncPgConnection>) -> Self {
        Self { connection: Some(connection) }
    }

    fn conn(&self) -> Result<Conn<'_>, Error> {
        self.connection.as_deref().ok_or_else(gone)
    }

    async fn commit(&mut self, ahead: Vec<&'static str>) -> Result<(), Error> {
        self.end(ahead, "COMMIT").await.map_err(|error| match error {
            Error::Unavailable(reason) => Error::OutcomeUnknown(reason),
            refused => refused,
        })
    }

    async fn rollback(&mut self, ahead: Vec<&'static str>) {
        // Where it fails, the connection is closed, which undoes everything as well.
        let _ = self.end(ahead, "ROLLBACK").await;
    }

    /// Ends it after what was not sent yet. Only a connection that is known to be clean goes back.
    async fn end(&mut self, mut ahead: Vec<&'static str>, words: &'static str) -> Result<(), Error> {
        ahead.push(words);
        super::send(self.conn()?, ahead).await?;
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

fn gone() -> Error {
    Error::Internal("the transaction has ended already".to_owned())
}
