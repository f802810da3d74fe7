//! Three servers on one PostgreSQL: reads of one beside reads of all, and whether a change at one is seen at the others.

use crate::bench::{Bench, Side, reads};
use crate::client::{Client, Target};
use crate::drive::{Slice, expect, micros};
use crate::failure::Result;
use crate::figures::{Beside, Figure};
use crate::people::patch_active;
use std::sync::atomic::Ordering;

const CONNECTIONS: usize = 16;
const CHANGES: usize = 300;

pub fn run(bench: &mut Bench) -> Result<()> {
    let mut figures = Vec::new();
    for side in bench.sides.iter().filter(|side| side.raw.is_some()) {
        let others = [0, 1].map(|_| bench.program.serve(&side.store.url(), &bench.folder, &side.server.target.token));
        let [one, two] = others;
        let (one, two) = (one?, two?);
        let targets = [side.server.target.clone(), one.target.clone(), two.target.clone()];
        for round in 1..=bench.pace.rounds {
            let alone = Beside::new("one replica", &reads(&targets[..1], &side.people, CONNECTIONS, bench.until()));
            let slice = reads(&targets, &side.people, CONNECTIONS, bench.until());
            figures
                .push(bench.figure(side, "three replicas: W3 read by id", CONNECTIONS, round, &slice).beside(&alone));
        }
        figures.push(seen_at_once(bench, side, &targets));
        one.stop()?;
        two.stop()?;
    }
    bench.keep(figures);
    Ok(())
}

/// A change at each in turn, read at once at all; an old state anywhere is an error.
fn seen_at_once(bench: &Bench, side: &Side, targets: &[Target]) -> Figure {
    let mut clients: Vec<Client> = targets.iter().map(Client::new).collect();
    let mut slice = Slice::default();
    let mut note = |outcome: Result<(), String>| {
        if let Err(wrong) = outcome {
            slice.errors += 1;
            slice.first_error.get_or_insert(wrong);
        }
    };
    let mut latencies = Vec::new();
    for number in 0..CHANGES {
        let index = number % side.people.count();
        let (_, id) = side.people.at(index);
        let path = format!("/Users/{id}");
        let active = !side.active[index].fetch_xor(true, Ordering::Relaxed);
        let shown = format!("\"active\":{active}");
        let turn = number % clients.len();
        let body = patch_active(active);
        note(expect(&mut clients[turn], ("PATCH", &path, Some(&body)), &[200], |client| client.contains(&shown)));
        for client in &mut clients {
            note(expect(client, ("GET", &path, None), &[200], |client| client.contains(&shown)));
            latencies.push(micros(client.took));
        }
    }
    slice.latencies = latencies;
    slice.latencies.sort_by(f64::total_cmp);
    bench.figure(side, "change at one replica, read at all", 1, 1, &slice)
}
