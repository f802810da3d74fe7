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
    pub credentials: Credentials,
    pub oauth: OAuth,
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
pub struct Credentials {
    pub warn_days: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    pub access_token_seconds: u64,
    pub signing_key_days: u64,
    pub key_fetches_per_minute: u64,
    pub allow_private_issuers: bool,
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
        let config: Self = builder.add_source(environment).build()?.try_deserialize()?;
        config.check()?;
        Ok(config)
    }

    /// Refuses numbers that would make a server that cannot serve.
    fn check(&self) -> Result<(), config::ConfigError> {
        const YEAR: u64 = 366 * 24 * 3600;
        let ranges = [
            ("server.request_timeout_seconds", self.server.request_timeout_seconds, 1..=3600),
            ("server.body_limit_bytes", self.server.body_limit_bytes, 1024..=1 << 30),
            ("server.drain_seconds", self.server.drain_seconds, 0..=3600),
            ("scim.page_maximum", self.scim.page_maximum, 1..=100_000),
            ("scim.page_default", self.scim.page_default, 1..=self.scim.page_maximum.max(1)),
            ("scim.cursor_timeout_seconds", self.scim.cursor_timeout_seconds, 0..=YEAR),
            ("scim.bulk_operations", self.scim.bulk_operations, 1..=100_000),
            ("scim.bulk_payload_bytes", self.scim.bulk_payload_bytes, 1024..=1 << 30),
            ("credentials.warn_days", self.credentials.warn_days, 1..=366),
            ("oauth.access_token_seconds", self.oauth.access_token_seconds, 3600..=21_600),
            ("oauth.signing_key_days", self.oauth.signing_key_days, 1..=3660),
            ("oauth.key_fetches_per_minute", self.oauth.key_fetches_per_minute, 1..=600),
            ("storage.postgres_wait_seconds", self.storage.postgres_wait_seconds, 1..=3600),
        ];
        match ranges.into_iter().find(|(_, value, range)| !range.contains(value)) {
            Some((name, value, range)) => Err(config::ConfigError::Message(format!(
                "{name} is {value} and must be between {} and {}",
                range.start(),
                range.end()
            ))),
            None => Ok(()),
        }
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
