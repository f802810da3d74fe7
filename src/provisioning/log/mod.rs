//! The provisioning log: what identity providers asked, what became of it, and what was made of what they sent.
//!
//! A request leaves what was seen of it in a queue in memory and is answered. A task takes many at a time, masks them, and
//! writes them in one transaction. When the log cannot be written the queue fills up, and what does not fit is lost and
//! counted: a push never waits for its log.

mod entry;
mod mask;

pub use entry::Seen;
pub use mask::Mask;

use super::Tenants;
use crate::domain::{Id, LogSettings};
use crate::storage::rows::WholeLogRow;
use crate::storage::{Db, Error, Tx};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How long the log may take to be written when the server stops.
const PATIENCE: Duration = Duration::from_secs(5);
/// Before a batch that could not be written is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// Entries of one batch that a connection may have of those whose sender is turned away before he is served: whoever holds an
/// old token, or pushes too fast, must not crowd everything else out of the log.
const MOST_TURNED_AWAY: usize = 10;

/// How much may wait, and how it is written.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Entries that may wait.
    pub queue: usize,
    /// Bytes that may wait.
    pub queue_bytes: usize,
    /// Entries that are written in one transaction.
    pub batch: usize,
    /// How long an entry waits for others.
    pub delay: Duration,
}

/// Figures since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub waiting: usize,
    pub written: u64,
    pub lost: u64,
}

/// Where requests leave what was seen of them.
#[derive(Debug, Default)]
pub struct Recorder {
    queue: Mutex<Option<Sender<Seen>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    state: Arc<State>,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    entries: AtomicUsize,
    bytes: AtomicUsize,
    written: AtomicU64,
    lost: AtomicU64,
}

impl Recorder {
    /// Begins to write into `db`. It goes on until `finish`, or until nobody can leave anything any more.
    pub fn start(db: Db, tenants: Arc<Tenants>, options: Options) -> Self {
        let (queue, waiting) = mpsc::channel(options.queue.max(1));
        let state = Arc::new(State::default());
        let writer = Writer { db, tenants, options, state: Arc::clone(&state) };
        let task = tokio::spawn(writer.run(waiting));
        Self { queue: Mutex::new(Some(queue)), task: Mutex::new(Some(task)), state, most_bytes: options.queue_bytes }
    }

    /// Writes nothing, ever.
    pub fn off() -> Self {
        Self::default()
    }

    pub fn is_on(&self) -> bool {
        lock(&self.queue).is_some()
    }

    /// Leaves a request to be written. It takes no time, and it is lost when too many wait.
    pub fn note(&self, seen: Seen) {
        let queue = lock(&self.queue);
        let Some(queue) = queue.as_ref() else { return };
        let weight = seen.weight();
        let fits = self.state.bytes.load(Ordering::Relaxed) + weight <= self.most_bytes;
        if !fits || self.state.leave(queue, seen, weight).is_err() {
            self.state.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub fn figures(&self) -> Figures {
        let State { entries, written, lost, .. } = &*self.state;
        Figures {
            waiting: entries.load(Ordering::Relaxed),
            written: written.load(Ordering::Relaxed),
            lost: lost.load(Ordering::Relaxed),
        }
    }

    /// Takes nothing more, and writes what waits.
    pub async fn finish(&self) {
        drop(lock(&self.queue).take());
        let Some(task) = lock(&self.task).take() else { return };
        let stop = task.abort_handle();
        if timeout(PATIENCE, task).await.is_err() {
            stop.abort();
            let entries = self.figures().waiting;
            tracing::warn!(entries, "the provisioning log could not be written; these entries are lost");
        }
    }
}

impl State {
    fn leave(&self, queue: &Sender<Seen>, seen: Seen, weight: usize) -> Result<(), ()> {
        let place = queue.try_reserve().map_err(drop)?;
        self.entries.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(weight, Ordering::Relaxed);
        place.send(seen);
        Ok(())
    }

    fn done(&self, entries: usize, bytes: usize) {
        self.entries.fetch_sub(entries, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The task that writes.
struct Writer {
    db: Db,
    tenants: Arc<Tenants>,
    options: Options,
    state: Arc<State>,
}

impl Writer {
    async fn run(self, mut waiting: Receiver<Seen>) {
        let mut told = 0;
        while let Some(batch) = self.next(&mut waiting).await {
            let (entries, bytes) = (batch.len(), batch.iter().map(Seen::weight).sum());
            match self.rows(batch).await {
                Some(rows) => self.write(rows).await,
                None => drop(self.state.lost.fetch_add(entries as u64, Ordering::Relaxed)),
            }
            self.state.done(entries, bytes);
            let lost = self.state.lost.load(Ordering::Relaxed);
            if lost > told {
                tracing::warn!(entries = lost - told, "entries of the provisioning log were lost: too many waited");
                told = lost;
            }
        }
    }

    /// The next entries: those that come within a moment, so that a transaction has many. None when there will be no more.
    async fn next(&self, waiting: &mut Receiver<Seen>) -> Option<Vec<Seen>> {
        let most = self.options.batch.max(1);
        let mut batch = Vec::with_capacity(most.min(64));
        batch.push(waiting.recv().await?);
        let end = Instant::now() + self.options.delay;
        while batch.len() < most {
            let room = most - batch.len();
            match timeout_at(end, waiting.recv_many(&mut batch, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        Some(batch)
    }

    /// Masks them, on a thread where nobody waits.
    async fn rows(&self, batch: Vec<Seen>) -> Option<Vec<WholeLogRow>> {
        let tenants = Arc::clone(&self.tenants);
        let masked = tokio::task::spawn_blocking(move || {
            let mut settings: BTreeMap<Id, LogSettings> = BTreeMap::new();
            let row = |seen: Seen| {
                let connection = seen.caller.connection;
                let settings = settings.entry(connection).or_insert_with(|| settings_of(&tenants, connection));
                seen.into_row(settings)
            };
            thinned(batch).into_iter().map(row).collect()
        });
        masked.await.ok()
    }

    /// Writes them, however long that takes. What the database will never take is lost by itself.
    async fn write(&self, rows: Vec<WholeLogRow>) {
        let rows: Arc<[WholeLogRow]> = rows.into();
        if !self.write_all(Arc::clone(&rows)).await {
            for row in rows.iter() {
                if !self.write_all(Arc::new([row.clone()])).await {
                    self.state.lost.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// False when the database refuses them.
    async fn write_all(&self, rows: Arc<[WholeLogRow]>) -> bool {
        let mut tries = 0_u64;
        loop {
            let batch = Arc::clone(&rows);
            let written = self.db.write(async move |tx: &mut Tx<'_>| insert(tx, &batch).await).await;
            match written {
                Ok(()) => break,
                // All of them are there: the connection was lost after they had been written.
                Err(Error::Conflict(_)) if tries > 0 => break,
                Err(error @ (Error::Conflict(_) | Error::Internal(_))) => {
                    tracing::warn!(%error, entries = rows.len(), "entries of the provisioning log were refused");
                    return false;
                }
                Err(error) if tries == 0 => tracing::warn!(%error, "the provisioning log waits for its database"),
                Err(error) => tracing::debug!(%error, tries, "the provisioning log still waits for its database"),
            }
            tries += 1;
            sleep(PAUSE).await;
        }
        self.state.written.fetch_add(rows.len() as u64, Ordering::Relaxed);
        true
    }
}

/// Without those that say nothing new; the last one that stays of them counts the others.
fn thinned(batch: Vec<Seen>) -> Vec<Seen> {
    let mut kept: Vec<Seen> = Vec::with_capacity(batch.len());
    let mut turned_away: BTreeMap<(Id, u16), (usize, usize)> = BTreeMap::new();
    for seen in batch {
        if matches!(seen.status, 401 | 429) {
            let (count, last) = turned_away.entry((seen.caller.connection, seen.status)).or_default();
            if *count == MOST_TURNED_AWAY {
                kept[*last].more += 1;
                continue;
            }
            (*count, *last) = (*count + 1, kept.len());
        }
        kept.push(seen);
    }
    kept
}

async fn insert(tx: &mut Tx<'_>, rows: &[WholeLogRow]) -> Result<(), Error> {
    tx.be_modest().await?;
    tx.insert_log(rows).await?;
    let mut bytes: BTreeMap<(Id, Id), i64> = BTreeMap::new();
    for WholeLogRow { row, .. } in rows {
        *bytes.entry((row.account_id.0, row.connection_id.0)).or_default() += row.size;
    }
    // In order, so that two servers do not wait for each other in a circle.
    for ((account, connection), bytes) in bytes {
        tx.add_log_bytes(account, connection, bytes).await?;
    }
    Ok(())
}

/// Whoever asked was just looked up. Of a connection that is not known nothing is shown that need not be.
fn settings_of(tenants: &Tenants, connection: Id) -> LogSettings {
    match tenants.known(connection) {
        Some(source) => source.connection.settings.log.clone(),
        None => LogSettings { bodies: false, mask_personal_data: true, ..LogSettings::default() },
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
