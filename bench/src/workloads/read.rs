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
            figures.push(bench.figure(side, "W3 read by id", connections, round, &slice).beside(&beside));
        }
        bench.keep(figures);
    }
    Ok(())
}
