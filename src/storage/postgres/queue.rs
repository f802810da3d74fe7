//! Places for one kind of work, and a queue before them that is bounded.

use crate::storage::Error;
use crate::storage::waiting::{Waiting, crowded, waited};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Semaphore, SemaphorePermit};

#[derive(Debug)]
pub struct Queue {
    places: Semaphore,
    waiting: AtomicUsize,
    bounds: Waiting,
}

impl Queue {
    pub fn new(places: usize, bounds: Waiting) -> Self {
        Self { places: Semaphore::new(places), waiting: AtomicUsize::new(0), bounds }
    }

    /// A place, now or when one is free.
    pub async fn enter(&self) -> Result<SemaphorePermit<'_>, Error> {
        if let Ok(place) = self.places.try_acquire() {
            return Ok(place);
        }
        let _waits = Waits::within(&self.waiting, self.bounds.most).ok_or_else(crowded)?;
        match tokio::time::timeout(self.bounds.longest, self.places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(waited(self.bounds.longest)),
        }
    }
}

/// One who waits, until he is dropped.
struct Waits<'q>(&'q AtomicUsize);

impl<'q> Waits<'q> {
    fn within(waiting: &'q AtomicUsize, most: usize) -> Option<Self> {
        let waits = Self(waiting);
        (waiting.fetch_add(1, Ordering::AcqRel) < most).then_some(waits)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
