//! Settings: embedded defaults, then a file, then the environment; the command line has the last word.

use crate::domain::{Network, RateLimit};
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
    pub provisioning_log: ProvisioningLog,
    pub log: Log,
    pub limits: Limits,
    pub metrics: Metrics,
    pub tracing: Tracing,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub request_timeout_seconds: u64,
    pub body_limit_bytes: u64,
    pub idle_timeout_seconds: u64,
    pub write_timeout_seconds: u64,
    pub drain_seconds: u64,
    pub trusted_proxies: Vec<Network>,
    pub client_address_header: AddressHeader,
}

/// Where a trusted proxy writes down who asked it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressHeader {
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub requests_per_second: u32,
    pub burst: u32,
    pub admin_requests_per_second: u32,
    pub admin_burst: u32,
    pub failed_authentications: u32,
    pub failure_window_seconds: u64,
    pub in_flight: usize,
    pub connections: usize,
    pub uri_bytes: usize,
    pub header_bytes: usize,
}

impl Limits {
    /// How fast a connection may push that has no limit of its own.
    pub fn of_connections(&self) -> Option<RateLimit> {
        limit(self.requests_per_second, self.burst)
    }

    /// The same for an admin key.
    pub fn of_admin_keys(&self) -> Option<RateLimit> {
        limit(self.admin_requests_per_second, self.admin_burst)
    }
}

/// Zero is no limit.
fn limit(per_second: u32, burst: u32) -> Option<RateLimit> {
    (per_second > 0).then_some(RateLimit { per_second, burst })
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub listen: String,
    pub connections: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracing {
    pub otlp_endpoint: String,
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
    pub wait_seconds: u64,
    pub postgres_pool: usize,
    pub postgres_lanes: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvisioningLog {
    pub enabled: bool,
    pub queue: u64,
    pub queue_megabytes: u64,
    pub batch: u64,
    pub delay_milliseconds: u64,
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
        let environment = Environment::with_prefix("SCIM_CONNECTOR").prefix_separator("_").separator("__");
        let environment =
            environment.try_parsing(true).list_separator(",").with_list_parse_key("server.trusted_proxies");
        let config: Self = builder.add_source(environment).build()?.try_deserialize()?;
        config.check()?;
        Ok(config)
    }

    /// Refuses numbers that would make a server that cannot serve.
    fn check(&self) -> Result<(), config::ConfigError> {
        const YEAR: u64 = 366 * 24 * 3600;
        let limits = &self.limits;
        let ranges = [
            ("server.request_timeout_seconds", self.server.request_timeout_seconds, 1..=3600),
            ("server.body_limit_bytes", self.server.body_limit_bytes, 1024..=1 << 30),
            ("server.idle_timeout_seconds", self.server.idle_timeout_seconds, 1..=3600),
            ("server.write_timeout_seconds", self.server.write_timeout_seconds, 1..=3600),
            ("server.drain_seconds", self.server.drain_seconds, 0..=3600),
            ("scim.page_maximum", self.scim.page_maximum, 1..=100_000),
            ("scim.page_default", self.scim.page_default, 1..=self.scim.page_maximum.max(1)),
            ("scim.cursor_timeout_seconds", self.scim.cursor_timeout_seconds, 0..=YEAR),
            ("scim.bulk_operations", self.scim.bulk_operations, 1..=100_000),
            ("scim.bulk_payload_bytes", self.scim.bulk_payload_bytes, 1024..=1 << 30),
            ("provisioning_log.queue", self.provisioning_log.queue, 1..=1_000_000),
            ("provisioning_log.queue_megabytes", self.provisioning_log.queue_megabytes, 1..=100_000),
            ("provisioning_log.batch", self.provisioning_log.batch, 1..=2_000),
            ("provisioning_log.delay_milliseconds", self.provisioning_log.delay_milliseconds, 0..=60_000),
            ("credentials.warn_days", self.credentials.warn_days, 1..=366),
            ("oauth.access_token_seconds", self.oauth.access_token_seconds, 3600..=21_600),
            ("oauth.signing_key_days", self.oauth.signing_key_days, 1..=3660),
            ("oauth.key_fetches_per_minute", self.oauth.key_fetches_per_minute, 1..=600),
            ("storage.wait_seconds", self.storage.wait_seconds, 1..=3600),
            ("limits.requests_per_second", limits.requests_per_second.into(), 0..=1_000_000),
            ("limits.burst", limits.burst.into(), 1..=1_000_000),
            ("limits.admin_requests_per_second", limits.admin_requests_per_second.into(), 0..=1_000_000),
            ("limits.admin_burst", limits.admin_burst.into(), 1..=1_000_000),
            ("limits.failure_window_seconds", limits.failure_window_seconds, 1..=24 * 3600),
            ("limits.in_flight", limits.in_flight as u64, 1..=1_000_000),
            ("limits.connections", limits.connections as u64, 1..=1_000_000),
            ("limits.uri_bytes", limits.uri_bytes as u64, 1024..=60_000),
            ("limits.header_bytes", limits.header_bytes as u64, 4096..=300_000),
            ("metrics.connections", self.metrics.connections as u64, 0..=10_000),
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
            wait: Duration::from_secs(self.storage.wait_seconds),
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
