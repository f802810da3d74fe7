//! W7: a mix of everything for a long time; memory must not grow.

use super::patch::patches;
use super::{lookup, pages};
use crate::bench::{Bench, Side, reads};
use crate::drive::{Slice, Until, count};
use crate::failure::Result;

const CONNECTIONS: usize = 16;

/// Seconds of one kind of call.
const STRETCH: f64 = 5.0;

/// The servers take turns, and the kinds of calls.
pub fn run(bench: &mut Bench) -> Result<()> {
    // What one turn of everything takes.
    let turn = STRETCH * 4.0 * count(bench.sides.len());
    let turns = (1..).take_while(|number| f64::from(*number) * turn <= bench.pace.soak);
    let mut memory = vec![Vec::new(); bench.sides.len()];
    let mut load = vec![Slice::default(); bench.sides.len()];
    for _ in turns {
        for ((side, memory), load) in bench.sides.iter().zip(&mut memory).zip(&mut load) {
            for slice in everything(side) {
                load.add(slice);
            }
            memory.push(side.server.memory());
        }
    }
    let mut figures = Vec::new();
    for ((side, memory), load) in bench.sides.iter().zip(&memory).zip(&mut load) {
        let most = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
        let (early, late) = memory.split_at(memory.len().div_ceil(4));
        if late.is_empty() {
            continue;
        }
        load.latencies.sort_by(f64::total_cmp);
        let figure = bench.figure(side, "memory under long load", CONNECTIONS, 1, load);
        let end = most(&late[late.len() - late.len().div_ceil(3)..]);
        figures.push(
            figure
                .value("MiB in the first quarter", most(early))
                .value("MiB at the end", end)
                .value("end to first quarter", end / most(early).max(1.0))
                .value("minutes", bench.pace.soak / 60.0),
        );
    }
    bench.keep(figures);
    Ok(())
}

fn everything(side: &Side) -> [Slice; 4] {
    let until = Until { seconds: STRETCH, calls: u64::MAX };
    [
        lookup::lookups(side, CONNECTIONS, until),
        reads(std::slice::from_ref(&side.server.target), &side.people, CONNECTIONS, until),
        patches(side, true, CONNECTIONS, until),
        pages::anywhere(side, CONNECTIONS, until),
    ]
}
