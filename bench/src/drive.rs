//! Runs one kind of call on some connections for a while, a thread each.

use crate::client::{Client, Target};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When a slice ends, whichever comes first.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    pub seconds: f64,
    pub calls: u64,
}

/// What one slice gave. Only calls with the right answer are in the latencies.
#[derive(Debug, Default, Clone)]
pub struct Slice {
    /// Microseconds, sorted.
    pub latencies: Vec<f64>,
    pub seconds: f64,
    pub errors: u64,
    pub first_error: Option<String>,
}

impl Slice {
    pub fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { count(self.latencies.len()) / self.seconds } else { 0.0 }
    }

    /// `part`: 0.5 for the median.
    pub fn percentile(&self, part: f64) -> f64 {
        percentile(&self.latencies, part)
    }

    pub fn add(&mut self, mut other: Self) {
        self.seconds += other.seconds;
        self.latencies.append(&mut other.latencies);
        self.errors += other.errors;
        self.first_error = self.first_error.take().or(other.first_error);
    }
}

pub fn percentile(sorted: &[f64], part: f64) -> f64 {
    let place = |index: usize| count(index + 1) >= part * count(sorted.len());
    (0..sorted.len()).find(|index| place(*index)).map_or(0.0, |index| sorted[index])
}

/// A number of things as what rates are made of.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn count(number: usize) -> f64 {
    number as f64
}

pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// What a call can draw on: its number in the slice, and chance that is the same in every run.
pub struct Turn {
    pub number: u64,
    random: u64,
}

impl Turn {
    pub fn below(&mut self, bound: usize) -> usize {
        // xorshift64*
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let number = self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16;
        usize::try_from(number % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

/// `call` sends one request and says what is wrong with the answer.
pub fn drive(
    target: &Target,
    connections: usize,
    until: Until,
    call: impl Fn(&mut Client, &mut Turn) -> Result<(), String> + Sync,
) -> Slice {
    drive_all(std::slice::from_ref(target), connections, until, call)
}

/// The same with connections spread over several servers.
pub fn drive_all(
    targets: &[Target],
    connections: usize,
    until: Until,
    call: impl Fn(&mut Client, &mut Turn) -> Result<(), String> + Sync,
) -> Slice {
    let (next, all) = (AtomicU64::new(0), Mutex::new(Slice::default()));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for (thread, target) in (1..=connections).zip(targets.iter().cycle()) {
            let (next, all, call) = (&next, &all, &call);
            scope.spawn(move || {
                let mut client = Client::new(target);
                let seed = u64::try_from(thread).unwrap_or(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
                let mut turn = Turn { number: 0, random: seed };
                let mut own = Slice::default();
                while begun.elapsed().as_secs_f64() < until.seconds {
                    turn.number = next.fetch_add(1, Ordering::Relaxed);
                    if turn.number >= until.calls {
                        break;
                    }
                    match call(&mut client, &mut turn) {
                        Ok(()) => own.latencies.push(micros(client.took)),
                        Err(wrong) => {
                            own.errors += 1;
                            own.first_error.get_or_insert(wrong);
                        }
                    }
                    // A server that only refuses is not worth the time.
                    if own.errors > 100 && own.latencies.is_empty() {
                        break;
                    }
                }
                all.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).add(own);
            });
        }
    });
    let mut slice = all.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    slice.seconds = begun.elapsed().as_secs_f64();
    slice.latencies.sort_by(f64::total_cmp);
    slice
}

/// Sends a request that must be answered with one of these statuses.
pub fn expect(
    client: &mut Client,
    (method, path, body): (&str, &str, Option<&str>),
    statuses: &[u16],
    holds: impl Fn(&Client) -> bool,
) -> Result<(), String> {
    let status = client.call(method, path, body).map_err(|error| format!("{method} {path}: {error}"))?;
    if statuses.contains(&status) && holds(client) {
        return Ok(());
    }
    Err(format!("{method} {path}: {status} {}", client.text()))
}
