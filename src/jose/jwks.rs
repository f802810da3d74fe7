//! The keys of issuers, kept as long as they are good for something.
//!
//! A set is fetched when it is not known, when a token names a key that is not in it, and once an hour. Requests that
//! need it at the same time wait for one fetch. An issuer that is out of reach is believed with the keys it had.

use super::check::Header;
use super::fetch::Fetcher;
use super::{Fetching, KeySet, Refused};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// A key that an issuer has taken back is believed so long at most.
const FRESH: Duration = Duration::from_secs(60 * 60);

#[derive(Clone)]
pub struct Jwks {
    fetcher: Fetcher,
    per_minute: usize,
    places: Arc<Mutex<HashMap<String, Arc<Place>>>>,
}

/// One address.
#[derive(Default)]
struct Place {
    kept: Mutex<Kept>,
    /// Held while it is fetched; the attempts of the last minute.
    attempts: tokio::sync::Mutex<VecDeque<Instant>>,
}

#[derive(Clone, Default)]
struct Kept {
    keys: Option<Arc<KeySet>>,
    fetched: Option<Instant>,
    /// When it was fetched, or tried to be.
    tried: Option<Instant>,
}

impl Kept {
    /// Whether nobody has to wait for new keys, but somebody should fetch them.
    fn is_stale(&self) -> bool {
        let longer = |since: Option<Instant>, span| since.is_none_or(|since| since.elapsed() > span);
        longer(self.fetched, FRESH) && longer(self.tried, MINUTE)
    }
}

impl Jwks {
    pub fn new(fetching: Fetching) -> Self {
        let fetcher = Fetcher::new(fetching.allow_private);
        Self { fetcher, per_minute: fetching.per_minute, places: Arc::default() }
    }

    /// The keys at an address, with the one that a header names if it is there.
    pub async fn with(&self, address: &str, header: &Header) -> Result<Arc<KeySet>, Refused> {
        let place = self.place(address);
        let kept = place.kept().clone();
        if let Some(keys) = kept.keys.clone().filter(|keys| keys.find(header).is_some()) {
            if kept.is_stale() {
                let (jwks, address) = (self.clone(), address.to_owned());
                tokio::spawn(async move { jwks.refresh(&place, &address, kept.tried).await });
            }
            return Ok(keys);
        }
        self.refresh(&place, address, kept.tried).await;
        let keys = place.kept().keys.clone();
        keys.ok_or(Refused::KeysOutOfReach)
    }

    /// Fetches, unless another has done so since `seen`, or it was done too often.
    async fn refresh(&self, place: &Place, address: &str, seen: Option<Instant>) {
        let mut attempts = place.attempts.lock().await;
        let tried = place.kept().tried;
        if tried != seen {
            return;
        }
        attempts.retain(|attempt| attempt.elapsed() < MINUTE);
        if attempts.len() >= self.per_minute {
            tracing::warn!(address, "signing keys were fetched too often and are not fetched again within this minute");
            return;
        }
        attempts.push_back(Instant::now());
        let fetched = self.fetcher.fetch(address).await;
        let mut kept = place.kept();
        kept.tried = Some(Instant::now());
        match fetched {
            Ok(keys) => {
                tracing::info!(address, "signing keys were fetched");
                (kept.keys, kept.fetched) = (Some(Arc::new(keys)), kept.tried);
            }
            Err(error) => tracing::warn!(address, %error, "signing keys cannot be fetched; those known stay good"),
        }
    }

    fn place(&self, address: &str) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Arc::clone(places.entry(address.to_owned()).or_default())
    }
}

impl Place {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
