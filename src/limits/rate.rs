//! Buckets: one for each connection or key, made when it is first seen and forgotten when it is full again.

use crate::domain::{Id, RateLimit};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Between two looks for buckets that are full again.
const SWEEP: Duration = Duration::from_secs(60);

/// Where a caller stands after a request. Times are whole seconds, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Requests that a full bucket holds.
    pub limit: u32,
    /// Requests that are left at this moment.
    pub remaining: u32,
    /// Until the bucket is full again.
    pub reset: u32,
    /// The request is one too many; the next one is taken after this time.
    pub retry_after: Option<u32>,
    pub per_second: u32,
}

#[derive(Debug)]
pub struct Rates {
    default: Option<RateLimit>,
    buckets: Mutex<Buckets>,
}

type Bucket = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

#[derive(Debug)]
struct Buckets {
    by_key: HashMap<Id, Known>,
    swept: Instant,
}

#[derive(Debug)]
struct Known {
    limit: RateLimit,
    bucket: Arc<Bucket>,
    used: Instant,
    /// Whoever found it empty was told to wait until then.
    empty_until: Instant,
}

impl Rates {
    pub fn new(default: Option<RateLimit>) -> Self {
        Self { default, buckets: Mutex::new(Buckets { by_key: HashMap::new(), swept: Instant::now() }) }
    }

    /// Takes one request out of the bucket of `key`, which has a limit of its own or the default. Without any limit there
    /// is nothing to tell.
    pub fn take(&self, key: Id, own: Option<RateLimit>) -> Option<Standing> {
        let limit = own.or(self.default)?;
        let bucket = self.lock().bucket(key, limit)?;
        Some(match bucket.check() {
            Ok(state) => standing(limit, state.remaining_burst_capacity(), None),
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                if let Some(known) = self.lock().by_key.get_mut(&key) {
                    known.empty_until = Instant::now() + wait;
                }
                standing(limit, 0, Some(wait))
            }
        })
    }

    /// Whether the bucket of `key` was found empty and cannot have got anything since.
    pub fn is_empty(&self, key: Id) -> bool {
        self.lock().by_key.get(&key).is_some_and(|known| known.empty_until > Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Buckets {
    /// The bucket that a key has; a new one when its limit is another now.
    fn bucket(&mut self, key: Id, limit: RateLimit) -> Option<Arc<Bucket>> {
        let now = Instant::now();
        if now.duration_since(self.swept) > SWEEP {
            // A full bucket is as good as none.
            self.by_key.retain(|_, known| now.duration_since(known.used) < time_to_fill(known.limit));
            self.swept = now;
        }
        if let Some(known) = self.by_key.get_mut(&key).filter(|known| known.limit == limit) {
            known.used = now;
            return Some(Arc::clone(&known.bucket));
        }
        let quota = Quota::per_second(NonZeroU32::new(limit.per_second)?).allow_burst(NonZeroU32::new(limit.burst)?);
        let bucket = Arc::new(RateLimiter::direct(quota).with_middleware());
        self.by_key.insert(key, Known { limit, bucket: Arc::clone(&bucket), used: now, empty_until: now });
        Some(bucket)
    }
}

fn time_to_fill(limit: RateLimit) -> Duration {
    Duration::from_secs(u64::from(limit.burst.div_ceil(limit.per_second.max(1))) + 1)
}

fn standing(limit: RateLimit, remaining: u32, wait: Option<Duration>) -> Standing {
    let RateLimit { per_second, burst } = limit;
    let seconds = |wait: Duration| u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
    Standing {
        limit: burst,
        remaining,
        reset: burst.saturating_sub(remaining).div_ceil(per_second.max(1)),
        retry_after: wait.map(seconds),
        per_second,
    }
}
