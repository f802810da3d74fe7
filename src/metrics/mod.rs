//! What is counted, for `GET /metrics`. docs/operations.md lists the names.
//!
//! Labels take values from fixed sets; of connections only as many are told apart as the configuration says, so that what
//! clients send never makes the list longer.

mod gauges;

use crate::domain::Id;
use crate::limits::Limits;
use crate::provisioning::Recorder;
use crate::storage::Db;
use gauges::Gauges;
use prometheus_client::encoding::text;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What OpenMetrics says of its text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    refused: Family<RefusedLabels, Counter>,
    rate_limited: Family<WhoseLabels, Counter>,
    throttled: Counter,
    overloaded: Counter,
    connections: RwLock<HashSet<Id>>,
    most_connections: usize,
}

/// Why a request was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// It had no credential.
    Missing,
    /// Nobody has this credential.
    Unknown,
    /// It has expired or was revoked.
    Ended,
    /// The connection may not be used from this address.
    Address,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: String,
    status: u16,
    connection: ConnectionLabel,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusedLabels {
    reason: Refused,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WhoseLabels {
    whose: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ConnectionLabel {
    None,
    One(Id),
    Other,
}

impl EncodeLabelValue for ConnectionLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> fmt::Result {
        match self {
            Self::None => encoder.write_str("none"),
            Self::One(id) => write!(encoder, "{id}"),
            Self::Other => encoder.write_str("other"),
        }
    }
}

impl EncodeLabelValue for Refused {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> fmt::Result {
        encoder.write_str(match self {
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Ended => "ended",
            Self::Address => "address",
        })
    }
}

fn new_histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    /// `connections`: how many are told apart.
    pub fn new(db: Db, limits: Arc<Limits>, recorder: Arc<Recorder>, connections: usize) -> Self {
        let mut registry = Registry::with_prefix("scim_connector");
        let requests = Family::default();
        registry.register("requests", "Requests by operation, status and connection", requests.clone());
        let durations = Family::new_with_constructor(new_histogram as fn() -> Histogram);
        registry.register(
            "request_duration_seconds",
            "From the head of a request to that of its answer",
            durations.clone(),
        );
        let refused = Family::default();
        registry.register("failed_authentications", "Requests that were not let in, by reason", refused.clone());
        let rate_limited = Family::default();
        registry.register("rate_limited", "Requests over the limit of a connection or a key", rate_limited.clone());
        let throttled = Counter::default();
        registry.register(
            "throttled",
            "Requests from addresses that failed to authenticate too often",
            throttled.clone(),
        );
        let overloaded = Counter::default();
        registry.register("overloaded", "Requests that found too many others in work", overloaded.clone());
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", build);
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        registry.register("start_time_seconds", "When the process started, since 1970", ConstGauge::new(started));
        registry.register_collector(Box::new(Gauges { db, limits, recorder }));
        let (connections, most_connections) = (RwLock::default(), connections);
        Self {
            registry,
            requests,
            durations,
            refused,
            rate_limited,
            throttled,
            overloaded,
            connections,
            most_connections,
        }
    }

    pub fn answered(&self, operation: String, status: u16, connection: Option<Id>, took: Duration) {
        let labels = OperationLabels { operation };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
        let connection = connection.map_or(ConnectionLabel::None, |connection| self.label(connection));
        self.requests.get_or_create(&RequestLabels { operation: labels.operation, status, connection }).inc();
    }

    pub fn refused(&self, reason: Refused) {
        self.refused.get_or_create(&RefusedLabels { reason }).inc();
    }

    /// `whose`: `connection` or `key`.
    pub fn rate_limited(&self, whose: &'static str) {
        self.rate_limited.get_or_create(&WhoseLabels { whose }).inc();
    }

    pub fn throttled(&self) {
        self.throttled.inc();
    }

    pub fn overloaded(&self) {
        self.overloaded.inc();
    }

    /// All of it as OpenMetrics text.
    pub fn render(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn label(&self, connection: Id) -> ConnectionLabel {
        if self.connections.read().is_ok_and(|known| known.contains(&connection)) {
            return ConnectionLabel::One(connection);
        }
        match self.connections.write() {
            Ok(mut known) if known.len() < self.most_connections => {
                known.insert(connection);
                ConnectionLabel::One(connection)
            }
            _ => ConnectionLabel::Other,
        }
    }
}
