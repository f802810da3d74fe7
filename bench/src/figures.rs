//! What a run gives: one figure for each slice.

use crate::drive::Slice;
use crate::store::Database;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Figure {
    pub workload: String,
    pub database: Database,
    /// How many users the database was seeded with.
    pub users: u64,
    pub connections: usize,
    pub round: u32,
    pub calls: usize,
    pub errors: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
    pub per_second: f64,
    /// Microseconds.
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    /// What was measured beside it, right before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    /// What one flush of the disk cost right before, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flush: Option<f64>,
    /// Further figures by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Beside {
    pub what: String,
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
}

impl Beside {
    pub fn new(what: &str, slice: &Slice) -> Self {
        let (per_second, p50, p99) = (slice.per_second(), slice.percentile(0.5), slice.percentile(0.99));
        Self { what: what.to_owned(), per_second, p50, p99 }
    }
}

impl Figure {
    pub fn new(workload: &str, database: Database, users: u64, connections: usize, round: u32, slice: &Slice) -> Self {
        Self {
            workload: workload.to_owned(),
            database,
            users,
            connections,
            round,
            calls: slice.latencies.len(),
            errors: slice.errors,
            first_error: slice.first_error.clone(),
            per_second: slice.per_second(),
            p50: slice.percentile(0.5),
            p90: slice.percentile(0.9),
            p99: slice.percentile(0.99),
            beside: None,
            flush: None,
            values: BTreeMap::new(),
        }
    }

    pub fn beside(mut self, beside: &Beside) -> Self {
        self.beside = Some(beside.clone());
        self
    }

    pub fn value(mut self, name: &str, value: f64) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    /// The rate as a part of that of what was measured beside it.
    pub fn rate_ratio(&self) -> Option<f64> {
        self.beside.as_ref().filter(|beside| beside.per_second > 0.0).map(|beside| self.per_second / beside.per_second)
    }

    /// The median as a multiple of that of what was measured beside it.
    pub fn time_ratio(&self) -> Option<f64> {
        self.beside.as_ref().filter(|beside| beside.p50 > 0.0).map(|beside| self.p50 / beside.p50)
    }
}
