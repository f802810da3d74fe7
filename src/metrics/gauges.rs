//! What is looked at when somebody asks: queues, pools, and how much is in work.

use crate::limits::Limits;
use crate::provisioning::{LogFigures, Recorder};
use crate::storage::{Db, Load};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use std::fmt;
use std::sync::Arc;

pub struct Gauges {
    pub db: Db,
    pub limits: Arc<Limits>,
    pub recorder: Arc<Recorder>,
}

impl fmt::Debug for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gauges")
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        gauge(&mut encoder, "requests_in_flight", "Requests in work", self.limits.in_flight.taken())?;
        gauge(&mut encoder, "open_connections", "Connections of clients", self.limits.sockets.taken())?;
        let LogFigures { waiting, written, lost } = self.recorder.figures();
        gauge(&mut encoder, "log_waiting", "Entries that wait to be written to the provisioning log", waiting)?;
        counter(&mut encoder, "log_written", "Entries written to the provisioning log", written)?;
        counter(&mut encoder, "log_lost", "Entries that the provisioning log had no room for", lost)?;
        match self.db.load() {
            Load::Sqlite { queues, batches } => {
                let help = "Work that waits for a thread of the database, by kind";
                labelled(&mut encoder, "queue_depth", help, "queue", &queues)?;
                let help = "Writes that one commit made durable";
                let mut metric = encoder.encode_descriptor("commit_batch_size", help, None, MetricType::Histogram)?;
                metric.encode_histogram::<NoLabelSet>(batches.sum, batches.count, &batches.buckets, None)
            }
            Load::Postgres { connections, waiting, most } => {
                let help = "Connections to the database, by state";
                labelled(&mut encoder, "pool_connections", help, "state", &connections)?;
                gauge(&mut encoder, "pool_waiting", "Requests that wait for a connection", waiting)?;
                gauge(&mut encoder, "pool_most_connections", "Connections that the pool may have", most)
            }
        }
    }
}

fn gauge(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: usize) -> fmt::Result {
    encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&(value as u64))
}

fn counter(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    metric.encode_counter::<NoLabelSet, _, u64>(&value, None)
}

fn labelled(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    label: &'static str,
    values: &[(&'static str, usize)],
) -> fmt::Result {
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (kind, value) in values {
        metric.encode_family(&[(label, *kind)])?.encode_gauge(&(*value as u64))?;
    }
    Ok(())
}
