//! Remembered places in the lists of all users and all groups, so that `startIndex` need not pass over the rows
//! before it.
//!
//! A list is in order of creation and grows at its end, so the id at a position changes only when something before it is
//! removed, once the ids are old enough. How often that happened in an account is counted in the same rows as the total, which every page reads
//! anyway: a replica never trusts a place that a removal elsewhere made wrong.

use crate::domain::{Id, Kind};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

/// Ids made in the last minutes may still get a neighbour before them: another replica's clock may be behind, and a
/// request that was given its id may wait long before it commits.
const SETTLED_AFTER: i64 = 180_000;

/// Places kept of one list. Pages of 100 of a million users need 10,000.
const MOST_PLACES: usize = 20_000;

/// Lists kept.
const MOST_LISTS: usize = 1_000;

#[derive(Default)]
struct List {
    removed: i64,
    /// How many resources stand up to and including this id.
    places: BTreeMap<u64, Id>,
}

/// The places of all lists. A cheap handle would be an `Arc` of it.
#[derive(Default)]
pub struct Places {
    lists: Mutex<HashMap<(Id, Kind), List>>,
}

impl Places {
    /// The nearest remembered place with at most `before` resources up to it.
    pub fn nearest(&self, account: Id, kind: Kind, removed: i64, before: u64) -> Option<(u64, Id)> {
        let lists = self.lists.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let list = lists.get(&(account, kind)).filter(|list| list.removed == removed)?;
        list.places.range(..=before).next_back().map(|(count, id)| (*count, *id))
    }

    /// Remembers that `count` resources stand up to and including `id`.
    pub fn remember(&self, account: Id, kind: Kind, removed: i64, count: u64, id: Id, now: i64) {
        if id.created() > now - SETTLED_AFTER {
            return;
        }
        let mut lists = self.lists.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if lists.len() >= MOST_LISTS && !lists.contains_key(&(account, kind)) {
            lists.clear();
        }
        let list = lists.entry((account, kind)).or_default();
        if list.removed > removed {
            return;
        }
        if list.removed < removed || list.places.len() >= MOST_PLACES {
            list.places.clear();
            list.removed = removed;
        }
        list.places.insert(count, id);
    }
}
