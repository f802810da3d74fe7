//! W3: one user by his id.

use super::CONNECTIONS;
use crate::bench::{Bench, reads};
use crate::failure::Result;

pub fn round(bench: &mut Bench, round: u32) -> Result<()> {
    for connections in CONNECTIONS {
        let mut figures = Vec::new();
        for side in &bench.sides {
            let beside = bench.beside_hello(connections);
            let slice = reads(std::slice::from_ref(&side.server.target), &side.people, connections, bench.until());
            let mut figure = bench.figure(side, "W3 read by id", connections, round, &slice).beside(&beside);
            if side.raw.is_none() {
                let ceiling = bench.ceiling_reads(side, connections);
                figure = figure.value("times the ceiling", slice.percentile(0.5) / ceiling.percentile(0.5).max(1.0));
            }
            figures.push(figure);
        }
        bench.keep(figures);
    }
    Ok(())
}
