//! The threads that own the connections.
//!
//! Waiting writes are taken together into one transaction, a savepoint each, and every caller is answered only after
//! the COMMIT: one flush of the disk serves them all, and nobody hears "done" of what a crash could still undo.

use super::Conn;
use super::open::{Opened, break_off_after, open};
use crate::storage::load::Batches;
use crate::storage::sql::Sql;
use crate::storage::waiting::{Turn, Waiting, crowded};
use crate::storage::{Error, Load, Tx, WorkError};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::sqlite::SqliteConnection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Is told whether the transaction that holds its work was committed.
type Answer = Box<dyn FnOnce(Result<(), String>)>;
/// Does its work, or hears why there is no transaction for it; says whether to keep it, and how to answer.
type WriteJob = Box<dyn FnOnce(Result<&mut SqliteConnection, String>) -> (bool, Answer) + Send>;
type ReadJob = Box<dyn FnOnce(&mut SqliteConnection) + Send>;

/// Writes taken into one transaction at most.
const BATCH: usize = 256;

/// Writes that wait at most. The requests in work are bounded before they come here, where it costs least.
const MOST: usize = 4096;

/// A scan that takes longer is broken off: its client has given up, and others wait for the thread.
const LONGEST_SCAN: Duration = Duration::from_secs(30);

/// A handle to the threads; they end when the last handle is dropped.
#[derive(Clone)]
pub struct Threads {
    writer: Sender<WriteJob>,
    scanners: Sender<ReadJob>,
    /// Connections for short reads on the caller's own thread: to wake another one takes longer than a look-up. There are as
    /// many as threads have read at once.
    at_hand: Arc<Mutex<Vec<SqliteConnection>>>,
    path: Arc<Path>,
    batches: Arc<Batches>,
    waiting: Waiting,
}

impl Threads {
    /// Starts one writer on `connection` and `scanners` threads for long reads of the same file.
    pub fn start(path: &Path, connection: SqliteConnection, scanners: usize, waiting: Waiting) -> Result<Self, Error> {
        let (writer, writes) = bounded(MOST);
        let failed = |error: std::io::Error| Error::Internal(format!("cannot start a thread: {error}"));
        let spawn = |name: String| std::thread::Builder::new().name(name);
        let batches = Arc::new(Batches::default());
        let counted = Arc::clone(&batches);
        let write = move || write_all(connection, &writes, &counted);
        spawn("sqlite-writer".to_owned()).spawn(write).map_err(failed)?;
        let (sender, jobs) = bounded::<ReadJob>(waiting.most);
        for number in 0..scanners {
            let connection = open(path, Opened::ReadOnly)?;
            let jobs = Receiver::clone(&jobs);
            spawn(format!("sqlite-scanner-{number}")).spawn(move || scan_all(connection, &jobs)).map_err(failed)?;
        }
        Ok(Self { writer, scanners: sender, at_hand: Arc::default(), path: path.into(), batches, waiting })
    }

    /// What waits at this moment, and how many writes the commits held.
    pub fn load(&self) -> Load {
        let queues = [("writer", self.writer.len()), ("scanners", self.scanners.len())];
        Load::Sqlite { queues, batches: self.batches.sizes() }
    }

    /// Runs short reads here and now.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let known = self.at_hand().pop();
        let mut connection = known.map_or_else(|| open(&self.path, Opened::ReadOnly), Ok)?;
        let result = snapshot(&mut connection, work);
        self.at_hand().push(connection);
        result
    }

    fn at_hand(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on a thread for scans, in one snapshot of the database.
    pub async fn scan<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let (answer, answered) = oneshot::channel();
        let turn = Turn::default();
        let own = turn.clone();
        let job: ReadJob = Box::new(move |connection| {
            if own.begin() && !answer.is_closed() {
                // The one who asked may be gone.
                let _ = answer.send(snapshot(connection, work));
            }
        });
        self.scanners.try_send(job).map_err(refused)?;
        self.waiting.answer(&turn, answered).await?.unwrap_or_else(|| Err(lost().into()))
    }

    /// Runs `work` on the writer thread, in a transaction that is committed when it succeeds.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: WorkError,
    {
        let (answer, answered) = oneshot::channel();
        let turn = Turn::default();
        let own = turn.clone();
        let job: WriteJob = Box::new(move |connection| {
            let result = match connection {
                // Who asked is gone before it began: nobody will hear that it was done.
                Ok(_) if !own.begin() || answer.is_closed() => Err(lost().into()),
                Ok(connection) => super::run_ready(pin!(async {
                    let mut tx = Tx::sqlite(Conn(connection));
                    let done = work(&mut tx).await?;
                    tx.finish().await?;
                    Ok(done)
                })),
                Err(reason) => Err(Error::from_commit(reason).into()),
            };
            let keep = result.is_ok();
            let tell: Answer = Box::new(move |fate| {
                let result = match fate {
                    Ok(()) => result,
                    Err(reason) => result.and(Err(Error::from_commit(reason).into())),
                };
                let _ = answer.send(result);
            });
            (keep, tell)
        });
        self.writer.try_send(job).map_err(refused)?;
        self.waiting.answer(&turn, answered).await?.unwrap_or_else(|| Err(lost().into()))
    }
}

/// Runs reads that see one state of the database from the first query to the last.
fn snapshot<T, E, F>(connection: &mut SqliteConnection, work: F) -> Result<T, E>
where
    F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>) -> Result<T, E>,
    E: WorkError,
{
    break_off_after(Some(LONGEST_SCAN));
    // Prepared once, unlike the statements of diesel's own transactions.
    diesel::RunQueryDsl::execute(Sql::<()>::new("BEGIN"), connection).map_err(Error::from)?;
    let read = catch_unwind(AssertUnwindSafe(|| super::run_ready(pin!(work(&mut Tx::sqlite(Conn(connection)))))));
    let result = read.unwrap_or_else(|_| {
        tracing::error!("a read panicked");
        Err(lost().into())
    });
    match diesel::RunQueryDsl::execute(Sql::<()>::new("ROLLBACK"), connection) {
        Ok(_) => result,
        Err(error) => result.and(Err(Error::from(error).into())),
    }
}

fn refused<J>(error: TrySendError<J>) -> Error {
    match error {
        TrySendError::Full(_) => crowded(),
        TrySendError::Disconnected(_) => lost(),
    }
}

/// The thread dropped the work without an answer: it panicked.
fn lost() -> Error {
    Error::Internal("the work on the database was broken off".to_owned())
}

fn scan_all(mut connection: SqliteConnection, jobs: &Receiver<ReadJob>) {
    while let Ok(job) = jobs.recv() {
        job(&mut connection);
    }
}

type Transactions = AnsiTransactionManager;

fn write_all(mut connection: SqliteConnection, jobs: &Receiver<WriteJob>, batches: &Batches) {
    let mut answers: Vec<Answer> = Vec::with_capacity(BATCH);
    while let Ok(first) = jobs.recv() {
        let fate = write_batch(&mut connection, jobs, first, &mut answers);
        if fate.is_ok() {
            batches.add(answers.len());
        }
        for answer in answers.drain(..) {
            answer(fate.clone());
        }
    }
}

/// Runs the first job and what waits behind it in one transaction. On an error nothing of it is kept.
fn write_batch(
    connection: &mut SqliteConnection,
    jobs: &Receiver<WriteJob>,
    first: WriteJob,
    answers: &mut Vec<Answer>,
) -> Result<(), String> {
    let begun = Transactions::begin_transaction_sql(connection, "BEGIN IMMEDIATE");
    let mut next = Some(first);
    while let Some(job) = next.take() {
        if let Err(error) = &begun {
            tracing::warn!(%error, "a transaction could not begin");
            answers.push(job(Err(error.to_string())).1);
        } else if let Some(answer) = in_savepoint(connection, job) {
            answers.push(answer);
        }
        if answers.len() < BATCH {
            next = jobs.try_recv().ok();
        }
    }
    begun.map_err(|error| error.to_string())?;
    Transactions::commit_transaction(connection).map_err(|error| {
        // A failed COMMIT leaves the transaction open when the disk is full.
        let _ = Transactions::rollback_transaction(connection);
        error.to_string()
    })
}

fn in_savepoint(connection: &mut SqliteConnection, job: WriteJob) -> Option<Answer> {
    if let Err(error) = Transactions::begin_transaction(connection) {
        tracing::error!(%error, "a savepoint could not be made");
        return None;
    }
    let done = catch_unwind(AssertUnwindSafe(|| job(Ok(connection))));
    let keep = matches!(done, Ok((true, _)));
    let ended = if keep {
        Transactions::commit_transaction(connection)
    } else {
        Transactions::rollback_transaction(connection)
    };
    if let Err(error) = ended {
        tracing::error!(%error, "a savepoint could not be ended");
        return None;
    }
    match done {
        Ok((_, answer)) => Some(answer),
        Err(_) => {
            tracing::error!("a write panicked");
            None
        }
    }
}
