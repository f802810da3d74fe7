//! Tokens that were good when they were looked up last, and whom they stood for.
//!
//! Nobody is let in by this: the database confirms each time that the mark of his account is still the same. But that is one
//! short question, which can be asked together with the one that answers the request.

use super::authenticate::Proved;
use crate::domain::{HashedSecret, Lifetime};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Only good tokens are kept, so hardly a server ever knows so many. With more it begins anew.
const MOST: usize = 100_000;

/// A token as it was found, by the mark that its account had.
#[derive(Debug, Clone)]
pub(super) struct KnownToken {
    pub proved: Proved,
    pub access_mark: i64,
    pub lifetime: Lifetime,
}

#[derive(Debug, Default)]
pub struct KnownTokens(Mutex<HashMap<HashedSecret, Arc<KnownToken>>>);

impl KnownTokens {
    /// A token that is good unless something has changed.
    pub(super) fn find(&self, hash: &HashedSecret, now: i64) -> Option<Arc<KnownToken>> {
        self.lock().get(hash).filter(|token| token.lifetime.is_good(now)).cloned()
    }

    pub(super) fn remember(&self, hash: HashedSecret, token: &Arc<KnownToken>) {
        let mut known = self.lock();
        if known.len() >= MOST && !known.contains_key(&hash) {
            known.clear();
        }
        known.insert(hash, Arc::clone(token));
    }

    pub(super) fn forget(&self, hash: &HashedSecret) {
        self.lock().remove(hash);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<HashedSecret, Arc<KnownToken>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
