//! The command line.

use crate::bench::Pace;
use crate::store::Database;
use crate::workloads::Workload;
use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Measures the server on SQLite and PostgreSQL beside baselines, from a thousand users to a million.
#[derive(Debug, Parser)]
#[command(name = "bench", max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub baseline: Option<Baseline>,
    /// The server's program [default: the release build, built now]
    #[arg(long, value_name = "PATH")]
    pub server: Option<PathBuf>,
    /// Small sizes and short slices: whether everything works, not how fast it is
    #[arg(long)]
    pub quick: bool,
    /// One database alone
    #[arg(long)]
    pub only: Option<Database>,
    /// Users stored [default: 1000,10000,100000,1000000]
    #[arg(long, value_delimiter = ',', value_name = "NUMBERS")]
    pub sizes: Vec<u64>,
    /// Some of the workloads [default: all]
    #[arg(long, value_delimiter = ',')]
    pub workloads: Vec<Workload>,
    /// Slices of each workload [default: 3]
    #[arg(long)]
    pub rounds: Option<u32>,
    /// How long a slice is, in seconds [default: 2]
    #[arg(long)]
    pub secs: Option<f64>,
    /// At the largest size, load for so many minutes, and watch memory [default: 0]
    #[arg(long)]
    pub soak: Option<f64>,
    /// Users that are created over HTTP; further ones are put into the database [default: 10000]
    #[arg(long)]
    pub over_http: Option<u64>,
    /// Turn the provisioning log off, which is on in what is shipped
    #[arg(long)]
    pub no_log: bool,
    /// Keep seeded databases in this folder, and take those that are there
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
    /// All figures
    #[arg(long, default_value = "target/bench/figures.json", value_name = "FILE")]
    pub json: PathBuf,
    /// Write the page of documentation
    #[arg(long, value_name = "FILE")]
    pub docs: Option<PathBuf>,
    /// Measure nothing: show the figures of this file, write them as --docs
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

/// Baselines run in processes of their own.
#[derive(Debug, Subcommand)]
pub enum Baseline {
    #[command(hide = true)]
    ServeHello { address: SocketAddr },
    #[command(hide = true)]
    ServeCeiling { address: SocketAddr, path: PathBuf },
}

impl Arguments {
    pub fn sizes(&self) -> Vec<u64> {
        let mut sizes = match self.sizes.as_slice() {
            [] if self.quick => vec![160],
            [] => vec![1_000, 10_000, 100_000, 1_000_000],
            sizes => sizes.to_vec(),
        };
        sizes.sort_unstable();
        sizes
    }

    pub fn pace(&self) -> Pace {
        let (seconds, rounds, bulk, starts) = if self.quick { (0.05, 1, 20, 1) } else { (2.0, 3, 1_000, 5) };
        let (seconds, rounds) = (self.secs.unwrap_or(seconds), self.rounds.unwrap_or(rounds));
        Pace { seconds, rounds, bulk, starts, soak: self.soak.unwrap_or(0.0) * 60.0 }
    }

    pub fn over_http(&self) -> u64 {
        // Copies need patterns.
        self.over_http.unwrap_or(if self.quick { 0 } else { 10_000 }).max(crate::seed::PATTERNS)
    }
}
