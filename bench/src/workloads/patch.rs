//! W4: `active` of one user, and of random users; every request changes something.

use super::CONNECTIONS;
use crate::bench::{Bench, Side};
use crate::drive::{Slice, Until, drive, expect};
use crate::failure::Result;
use crate::people::patch_active;
use std::sync::atomic::Ordering;

pub fn round(bench: &mut Bench, round: u32) -> Result<()> {
    let kinds = CONNECTIONS.into_iter().map(|connections| ("W4 patch active, random users", connections));
    for (workload, connections) in [("W4 patch active, one user", 1)].into_iter().chain(kinds) {
        let mut figures = Vec::new();
        for side in &bench.sides {
            let flush = bench.flush()?;
            let beside = bench.beside_patches(side, connections)?;
            let before = side.server.commits()?;
            let is_random = workload.ends_with("users");
            let slice = patches(side, is_random, connections, bench.until_written(side.users));
            let figure = bench.figure(side, workload, connections, round, &slice).beside(&beside);
            figures.push(super::flushes::with_commits(figure, before, side.server.commits()?, flush));
        }
        bench.keep(figures);
    }
    Ok(())
}

pub fn patches(side: &Side, is_random: bool, connections: usize, until: Until) -> Slice {
    drive(&side.server.target, connections, until, |client, turn| {
        let index = if is_random { turn.below(side.people.count()) } else { side.people.count() / 2 };
        let (_, id) = side.people.at(index);
        let active = !side.active[index].fetch_xor(true, Ordering::Relaxed);
        let shown = format!("\"active\":{active}");
        let call = ("PATCH", &*format!("/Users/{id}"), Some(&*patch_active(active)));
        expect(client, call, &[200], |client| client.contains(&shown))
    })
}
