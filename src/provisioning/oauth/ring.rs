//! The keys that sign our access tokens. They are in the database, so that every replica has the same.
//!
//! A new key is published for some minutes before it signs, and stays until the last token that it signed has ended.

use crate::domain::Id;
use crate::jose::SigningKey;
use crate::storage::rows::SigningKeyRow;
use crate::storage::{Db, Error, Tx};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Milliseconds from its making until a key signs: replicas look for new ones each minute.
const PUBLISHED: i64 = 5 * 60 * 1000;
/// Milliseconds that the longest-lived access token is good.
const LONGEST: i64 = 6 * 60 * 60 * 1000;
/// How often unknown keys are looked for at most, however many are named.
const PAUSE: Duration = Duration::from_secs(1);

pub struct Ring {
    days: i64,
    /// The oldest first.
    keys: Mutex<Arc<Vec<Held>>>,
    /// When an unknown key was looked for; held meanwhile.
    looked: tokio::sync::Mutex<Option<Instant>>,
}

struct Held {
    key: SigningKey,
    created: i64,
}

impl Ring {
    pub fn new(days: i64) -> Self {
        Self { days, keys: Mutex::default(), looked: tokio::sync::Mutex::default() }
    }

    /// Reads the keys, makes a new one when the newest is old, and drops those that no token needs any more.
    pub async fn refresh(&self, db: &Db, now: i64) -> Result<(), Error> {
        let days = self.days;
        let mut rows = db.read(async |tx: &mut Tx<'_>| tx.signing_keys().await).await?;
        if is_old(&rows, days, now) || !ended(&rows, now).is_empty() {
            let id = Id::new().to_string();
            let private_key = SigningKey::generate().map_err(Error::Internal)?;
            let new = SigningKeyRow { id, private_key, created_at: now };
            let work = async move |tx: &mut Tx<'_>| {
                let rows = tx.signing_keys().await?;
                if is_old(&rows, days, now) {
                    tx.insert_signing_key(&new).await?;
                }
                for id in ended(&rows, now) {
                    tx.delete_signing_key(&id).await?;
                }
                tx.signing_keys().await
            };
            rows = db.write(work).await?;
        }
        self.keep(rows)
    }

    fn keep(&self, rows: Vec<SigningKeyRow>) -> Result<(), Error> {
        let read = |row: SigningKeyRow| {
            Ok(Held {
                key: SigningKey::read(row.id, &row.private_key).map_err(Error::Internal)?,
                created: row.created_at,
            })
        };
        let keys = rows.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
        *self.lock() = Arc::new(keys);
        Ok(())
    }

    /// The key that signs now: the newest that every replica knows. At the very beginning there is only a new one.
    pub fn signer(&self, now: i64) -> Option<SigningKey> {
        let keys = self.held();
        let known = keys.iter().rev().find(|held| held.created + PUBLISHED <= now).or(keys.first());
        known.map(|held| held.key.clone())
    }

    /// A key by its name, which another replica may have made a moment ago.
    pub async fn find(&self, db: &Db, id: &str) -> Result<Option<SigningKey>, Error> {
        if let Some(key) = self.known(id) {
            return Ok(Some(key));
        }
        let mut looked = self.looked.lock().await;
        if self.known(id).is_none() && looked.is_none_or(|looked| looked.elapsed() > PAUSE) {
            *looked = Some(Instant::now());
            let rows = db.read(async |tx: &mut Tx<'_>| tx.signing_keys().await).await?;
            self.keep(rows)?;
        }
        Ok(self.known(id))
    }

    pub fn public(&self) -> Vec<Value> {
        self.held().iter().filter_map(|held| serde_json::to_value(held.key.public()).ok()).collect()
    }

    fn known(&self, id: &str) -> Option<SigningKey> {
        self.held().iter().find(|held| held.key.id == id).map(|held| held.key.clone())
    }

    fn held(&self) -> Arc<Vec<Held>> {
        Arc::clone(&self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Vec<Held>>> {
        self.keys.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn is_old(rows: &[SigningKeyRow], days: i64, now: i64) -> bool {
    rows.last().is_none_or(|newest| newest.created_at + days * DAY <= now)
}

/// The keys whose successor has signed for longer than any token is good.
fn ended(rows: &[SigningKeyRow], now: i64) -> Vec<String> {
    let successors = rows.iter().zip(rows.iter().skip(1));
    let over = successors.filter(|(_, next)| next.created_at + PUBLISHED + LONGEST + PUBLISHED <= now);
    over.map(|(row, _)| row.id.clone()).collect()
}
