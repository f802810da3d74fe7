//! How much work may wait for a database, and how long. What is beyond is refused: its client would have given up by the time
//! that its turn came, and all who come after it with it.

use super::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::oneshot::Receiver;

/// The bounds.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// Long reads.
    pub most: usize,
    /// Any work.
    pub longest: Duration,
}

/// Whether work that waits has begun or was given up: whoever comes first decides.
#[derive(Debug, Clone, Default)]
pub struct Turn(Arc<AtomicBool>);

impl Turn {
    /// Begins the work, unless it was given up.
    pub fn begin(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    /// Gives the work up, unless it has begun.
    fn give_up(&self) -> bool {
        self.begin()
    }
}

impl Waiting {
    /// The answer to work that waits for its turn. Once it has begun it takes as long as it takes.
    pub async fn answer<T>(&self, turn: &Turn, mut answered: Receiver<T>) -> Result<Option<T>, Error> {
        match tokio::time::timeout(self.longest, &mut answered).await {
            Ok(answer) => Ok(answer.ok()),
            Err(_) if turn.give_up() => Err(waited(self.longest)),
            Err(_) => Ok(answered.await.ok()),
        }
    }
}

/// There is too much to do already.
pub fn crowded() -> Error {
    Error::Unavailable("too much work is waiting for the database".to_owned())
}

/// It was not its turn in time.
pub fn waited(time: Duration) -> Error {
    Error::Unavailable(format!("the work has waited {} seconds for the database", time.as_secs()))
}
