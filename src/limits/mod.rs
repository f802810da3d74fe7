//! How much the server takes, and from whom: what each connection may send, what strangers may try, whose word for an
//! address is believed, and how much is in work at once. In memory; each replica counts for itself.

mod proxies;
mod rate;
mod throttle;

pub use proxies::Proxies;
pub use rate::{Rates, Standing};
pub use throttle::{Fingerprint, Throttle};

use crate::config::Config;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for so many at the same time.
#[derive(Debug)]
pub struct Places {
    free: Arc<Semaphore>,
    all: usize,
}

/// Is free again when this is dropped.
pub type Place = OwnedSemaphorePermit;

impl Places {
    pub fn new(all: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(all)), all }
    }

    /// A place, if there is one now.
    pub fn take(&self) -> Option<Place> {
        Arc::clone(&self.free).try_acquire_owned().ok()
    }

    /// A place, when there is one.
    pub async fn wait(&self) -> Option<Place> {
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    pub fn taken(&self) -> usize {
        self.all.saturating_sub(self.free.available_permits())
    }
}

#[derive(Debug)]
pub struct Limits {
    pub connections: Rates,
    pub admin_keys: Rates,
    pub throttle: Throttle,
    pub proxies: Proxies,
    pub in_flight: Places,
    pub sockets: Places,
    pub uri_bytes: usize,
    pub header_bytes: usize,
    /// How long a client may take for a head, and between two requests.
    pub idle_time: Duration,
    /// How long it may read nothing of its answer.
    pub write_time: Duration,
}

impl Limits {
    pub fn new(config: &Config) -> Self {
        let limits = &config.limits;
        Self {
            connections: Rates::new(limits.of_connections()),
            admin_keys: Rates::new(limits.of_admin_keys()),
            throttle: Throttle::new(limits.failed_authentications, Duration::from_secs(limits.failure_window_seconds)),
            proxies: Proxies::new(&config.server),
            in_flight: Places::new(limits.in_flight),
            sockets: Places::new(limits.connections),
            uri_bytes: limits.uri_bytes,
            header_bytes: limits.header_bytes,
            idle_time: Duration::from_secs(config.server.idle_timeout_seconds),
            write_time: Duration::from_secs(config.server.write_timeout_seconds),
        }
    }
}
