//! W1: new users, durable, with audit entry and event.

use super::CONNECTIONS;
use crate::bench::Bench;
use crate::failure::Result;

pub fn round(bench: &mut Bench, round: u32) -> Result<()> {
    for connections in CONNECTIONS {
        let mut figures = Vec::new();
        for side in &bench.sides {
            let flush = bench.flush()?;
            let beside = bench.beside_creates(side, connections)?;
            let before = side.server.commits()?;
            let slice = bench.creates(side, connections, bench.until_written(side.users));
            let figure = bench.figure(side, "W1 create", connections, round, &slice).beside(&beside);
            figures.push(super::flushes::with_commits(figure, before, side.server.commits()?, flush));
        }
        bench.keep(figures);
    }
    Ok(())
}
