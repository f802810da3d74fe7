//! The workloads, one file for those that belong together. Each runs one round on all databases.

mod bulk;
mod create;
mod flushes;
mod groups;
mod lookup;
mod memory;
mod pages;
mod patch;
mod read;
mod replicas;
mod soak;
mod start;
mod walk;

pub use soak::run as soak;
pub use start::run as start;

use crate::bench::Bench;
use crate::failure::Result;

/// What `--workloads` chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Workload {
    Start,
    Lookup,
    Read,
    Pages,
    Walk,
    Patch,
    Groups,
    Create,
    Bulk,
    Flushes,
    Memory,
    Replicas,
}

/// Connections of the workloads that are measured with one and with many.
pub const CONNECTIONS: [usize; 2] = [1, 16];

/// What only reads, then what changes little, then what makes the database larger: each in rounds of its own.
pub fn run(bench: &mut Bench, chosen: &[Workload]) -> Result<()> {
    type Round = fn(&mut Bench, u32) -> Result<()>;
    let is_chosen = |workload: &Workload| chosen.is_empty() || chosen.contains(workload);
    let reading: [(Workload, Round); 3] =
        [(Workload::Lookup, lookup::round), (Workload::Read, read::round), (Workload::Pages, pages::round)];
    let changing: [(Workload, Round); 1] = [(Workload::Patch, patch::round)];
    let growing: [(Workload, Round); 2] = [(Workload::Create, create::round), (Workload::Bulk, bulk::round)];
    let rounds = |bench: &mut Bench, workloads: &[(Workload, Round)]| -> Result<()> {
        for round in 1..=bench.pace.rounds {
            for (_, run) in workloads.iter().filter(|(workload, _)| is_chosen(workload)) {
                run(bench, round)?;
            }
        }
        Ok(())
    };
    memory::note(bench, "after the start");
    rounds(bench, &reading)?;
    if is_chosen(&Workload::Walk) {
        walk::run(bench)?;
    }
    memory::note(bench, "after reading");
    rounds(bench, &changing)?;
    if is_chosen(&Workload::Groups) {
        let groups = groups::Groups::prepare(bench)?;
        for round in 1..=bench.pace.rounds {
            groups.round(bench, round)?;
        }
    }
    rounds(bench, &growing)?;
    if is_chosen(&Workload::Flushes) {
        flushes::run(bench)?;
    }
    if is_chosen(&Workload::Replicas) {
        replicas::run(bench)?;
    }
    memory::note(bench, "after everything");
    Ok(())
}
