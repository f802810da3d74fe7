//! What the clients of each connection send otherwise than the RFCs say: counted in memory and written down together,
//! because a write for each request would cost more than the request.

use super::{Error, Page, Window, connection_of};
use crate::domain::Id;
use crate::provisioning::Notes;
use crate::storage::rows::QuirkRow;
use crate::storage::{Db, Error as StorageError, Tx};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sightings since they were written last: in the order of their key, so that replicas that write at once never wait for
/// each other in a circle.
#[derive(Default)]
pub struct QuirksSeen {
    seen: Mutex<BTreeMap<Key, Seen>>,
}

/// Account, connection, name of the quirk.
type Key = (Id, Id, &'static str);

struct Seen {
    first: i64,
    last: i64,
    count: i64,
    sample: String,
}

impl QuirksSeen {
    /// Counts the quirks of one request of a known connection.
    pub fn note(&self, notes: &Notes, now: i64) {
        let Some((caller, quirks)) = notes.seen() else { return };
        let mut seen = self.lock();
        for quirk in quirks {
            let begun = Seen { first: now, last: now, count: 0, sample: String::new() };
            let entry = seen.entry((caller.account, caller.connection, quirk.name)).or_insert(begun);
            entry.last = entry.last.max(now);
            entry.count += 1;
            entry.sample = quirk.sent;
        }
    }

    /// Writes down what was counted since the last time. What cannot be written is counted on.
    pub async fn write(&self, db: &Db) -> Result<(), StorageError> {
        let seen = std::mem::take(&mut *self.lock());
        if seen.is_empty() {
            return Ok(());
        }
        let rows: Vec<QuirkRow> = seen.iter().map(row).collect();
        let work = async move |tx: &mut Tx<'_>| {
            for row in &rows {
                tx.count_quirk(row).await?;
            }
            Ok::<_, StorageError>(())
        };
        let written = db.write(work).await;
        if written.is_err() {
            self.put_back(seen);
        }
        written
    }

    fn put_back(&self, unwritten: BTreeMap<Key, Seen>) {
        let mut seen = self.lock();
        for (key, old) in unwritten {
            match seen.get_mut(&key) {
                Some(new) => {
                    new.first = old.first;
                    new.count += old.count;
                }
                None => drop(seen.insert(key, old)),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn row((key, seen): (&Key, &Seen)) -> QuirkRow {
    let (account, connection, name) = key;
    QuirkRow {
        account_id: (*account).into(),
        connection_id: (*connection).into(),
        name: (*name).to_owned(),
        first_seen: seen.first,
        last_seen: seen.last,
        count: seen.count,
        sample: seen.sample.clone(),
    }
}

/// The quirks of a connection, in order of their names.
pub async fn quirks_page(
    tx: &mut Tx<'_>,
    account: Id,
    connection: Id,
    window: &Window,
) -> Result<Page<QuirkRow>, Error> {
    connection_of(tx, account, connection).await?;
    let after = window.after.as_deref().unwrap_or_default();
    let rows = tx.quirks(account, connection, after, window.rows()).await?;
    Ok(Page::new(rows, window, |row| row.name.clone()))
}
