//! Settings: embedded defaults, then a file, then the environment; the command line has the last word.

use crate::storage;
use config::{Environment, File, FileFormat, Source};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;

const DEFAULTS: &str = include_str!("default.toml");

#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    pub database: String,
    pub listen: String,
    pub public_url: String,
    pub server: Server,
    pub scim: Scim,
    pub storage: Storage,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub request_timeout_seconds: u64,
    pub body_limit_bytes: u64,
    pub drain_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scim {
    pub page_default: u64,
    pub page_maximum: u64,
    pub cursor_timeout_seconds: u64,
    pub bulk_operations: u64,
    pub bulk_payload_bytes: u64,
    pub group_answer_members: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub sqlite_readers: usize,
    pub queue: usize,
    pub postgres_pool: usize,
    pub postgres_lanes: usize,
    pub postgres_wait_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Auto,
    Text,
    Json,
}

impl Config {
    /// Reads the settings. The error names the setting and where it came from.
    pub fn load(file: Option<&Path>) -> Result<Self, config::ConfigError> {
        let defaults = File::from_str(DEFAULTS, FileFormat::Toml);
        let mut builder = config::Config::builder().add_source(defaults.clone());
        if let Some(path) = file {
            let source = File::from(path).format(FileFormat::Toml);
            refuse_unknown(&source, &defaults)?;
            builder = builder.add_source(source);
        }
        let environment =
            Environment::with_prefix("SCIM_CONNECTOR").prefix_separator("_").separator("__").try_parsing(true);
        builder.add_source(environment).build()?.try_deserialize()
    }

    /// How much of the machine the database may use.
    pub fn storage_options(&self) -> storage::Options {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let readers = match self.storage.sqlite_readers {
            0 => cores.max(2),
            readers => readers,
        };
        storage::Options {
            readers,
            queue: self.storage.queue.max(1),
            pool: self.storage.postgres_pool.max(1),
            lanes: self.storage.postgres_lanes,
            wait: Duration::from_secs(self.storage.postgres_wait_seconds),
        }
    }
}

/// A misspelt name at the top of a file would otherwise do nothing, silently. (The sections check themselves.)
fn refuse_unknown(file: &impl Source, defaults: &impl Source) -> Result<(), config::ConfigError> {
    let known = defaults.collect()?;
    match file.collect()?.keys().find(|key| !known.contains_key(*key)) {
        Some(key) => Err(config::ConfigError::Message(format!("there is no setting named \"{key}\""))),
        None => Ok(()),
    }
}
