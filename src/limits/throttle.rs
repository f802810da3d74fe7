//! Failed authentications, counted for each address.
//!
//! Secrets have 256 random bits, so nobody guesses one; what this saves is the database, which would be asked for each try.
//! A secret that was good in this process passes from everywhere: a neighbour behind the same address who sends nonsense
//! does not lock a working identity provider out. (The database still decides whether it is good now.)

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Addresses that are remembered; when there are more, one is forgotten.
const MOST_ADDRESSES: usize = 10_000;

/// Good secrets that are remembered, twice.
const MOST_SECRETS: usize = 10_000;

#[derive(Debug)]
pub struct Throttle {
    failures: u32,
    window: Duration,
    /// Random for each process, so that nobody can choose a secret that looks like another.
    keys: RandomState,
    state: Mutex<State>,
}

/// Stands for a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

#[derive(Debug, Default)]
struct State {
    addresses: HashMap<IpAddr, Failures>,
    /// The newer and the older half: what is used is in the newer one.
    good: HashSet<Fingerprint>,
    good_before: HashSet<Fingerprint>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Instant,
    count: u32,
}

impl Throttle {
    /// No limit when `failures` is zero.
    pub fn new(failures: u32, window: Duration) -> Self {
        Self { failures, window, keys: RandomState::new(), state: Mutex::default() }
    }

    pub fn fingerprint(&self, secret: &str) -> Fingerprint {
        Fingerprint(self.keys.hash_one(secret))
    }

    /// The seconds after which this address may try this secret, unless it may now.
    pub fn wait(&self, address: IpAddr, secret: Fingerprint) -> Option<u32> {
        if self.failures == 0 {
            return None;
        }
        let state = self.lock();
        let failures = state.addresses.get(&host(address)).filter(|failures| failures.count >= self.failures)?;
        let left = self.window.checked_sub(failures.since.elapsed()).filter(|left| !left.is_zero())?;
        let is_good = state.good.contains(&secret) || state.good_before.contains(&secret);
        (!is_good).then(|| u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX))
    }

    pub fn failed(&self, address: IpAddr, secret: Fingerprint) {
        if self.failures == 0 {
            return;
        }
        let (now, address) = (Instant::now(), host(address));
        let mut state = self.lock();
        state.good.remove(&secret);
        state.good_before.remove(&secret);
        if state.addresses.len() >= MOST_ADDRESSES && !state.addresses.contains_key(&address) {
            state.make_room(now, self.window);
        }
        let failures = state.addresses.entry(address).or_insert(Failures { since: now, count: 0 });
        if now.duration_since(failures.since) >= self.window {
            *failures = Failures { since: now, count: 0 };
        }
        failures.count = failures.count.saturating_add(1);
    }

    pub fn succeeded(&self, secret: Fingerprint) {
        if self.failures == 0 {
            return;
        }
        let mut state = self.lock();
        if state.good.len() >= MOST_SECRETS && !state.good.contains(&secret) {
            state.good_before = mem::take(&mut state.good);
        }
        state.good.insert(secret);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn make_room(&mut self, now: Instant, window: Duration) {
        self.addresses.retain(|_, failures| now.duration_since(failures.since) < window);
        if self.addresses.len() >= MOST_ADDRESSES {
            let oldest = self.addresses.iter().min_by_key(|(_, failures)| failures.since).map(|(address, _)| *address);
            oldest.map(|address| self.addresses.remove(&address));
        }
    }
}

/// Whoever has one address of IPv6 has the 2^64 beside it.
fn host(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}
