//! How busy a database is, as plain numbers for whoever shows them.

use std::sync::atomic::{AtomicU64, Ordering};

/// At this moment, and since the start.
#[derive(Debug, Clone, PartialEq)]
pub enum Load {
    Sqlite {
        /// Work that waits, by the threads that it waits for.
        queues: [(&'static str, usize); 2],
        batches: BatchSizes,
    },
    Postgres {
        connections: [(&'static str, usize); 2],
        /// Requests that wait for a connection.
        waiting: usize,
        most: usize,
    },
}

/// How many writes each commit made durable.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchSizes {
    pub sum: f64,
    pub count: u64,
    /// Up to which size, and how many of at most this one that are larger than the one before.
    pub buckets: Vec<(f64, u64)>,
}

/// Each twice the one before; the last one is what a transaction holds at most.
const BUCKETS: usize = 9;

/// Counts batches; cheap to add to.
#[derive(Debug, Default)]
pub struct Batches {
    sum: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

impl Batches {
    pub fn add(&self, size: usize) {
        let bucket = size.max(1).next_power_of_two().trailing_zeros() as usize;
        self.buckets[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(size as u64, Ordering::Relaxed);
    }

    pub fn sizes(&self) -> BatchSizes {
        let counts = self.buckets.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = (0..).map(|power| f64::from(1u32 << power)).zip(counts).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        // What is larger than a transaction takes is counted with the largest.
        let buckets = buckets.into_iter().chain([(f64::INFINITY, 0)]).collect();
        #[expect(clippy::cast_precision_loss, reason = "nobody commits 2^53 writes")]
        let sum = self.sum.load(Ordering::Relaxed) as f64;
        BatchSizes { sum, count, buckets }
    }
}
