//! W5: everybody, page after page, by index and by cursor; and the pages at the first, middle and last cursor of the walk.

use super::pages::{PAGE, at_cursor, by_cursor, by_index, in_order};
use crate::bench::{Bench, Side};
use crate::client::Client;
use crate::drive::{Slice, count, micros, percentile};
use crate::failure::Result;
use crate::figures::Figure;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A walk that takes longer is ended, and says how far it came.
const LONGEST: Duration = Duration::from_secs(150);

pub fn run(bench: &mut Bench) -> Result<()> {
    let mut figures = Vec::new();
    for side in &bench.sides {
        let order = in_order(side);
        let (pages, middle) = (order.len().div_ceil(PAGE), order.len() / PAGE / 2);
        let last = pages.saturating_sub(1);
        figures.push(walk(bench, side, "index", |client, page| by_index(client, &order, page * PAGE)));
        let (mut cursor, mut kept) = (String::new(), Vec::new());
        figures.push(walk(bench, side, "cursor", |client, page| {
            if [0, middle, last].contains(&page) {
                kept.push((page, cursor.clone()));
            }
            match by_cursor(client, &order, page * PAGE, &cursor)? {
                Some(next) => cursor = next,
                None if page == last => {}
                None => return Err(format!("page {page} of {pages} has no cursor to the next")),
            }
            Ok(())
        }));
        for (name, page) in [("first", 0), ("middle", middle), ("last", last)] {
            let Some((_, cursor)) = kept.iter().find(|(kept, _)| *kept == page) else { continue };
            for round in 1..=bench.pace.rounds {
                let beside = bench.beside_hello(1);
                let slice = at_cursor(bench, side, &order, page * PAGE, cursor);
                let workload = format!("W5 {name} page by cursor");
                figures.push(bench.figure(side, &workload, 1, round, &slice).beside(&beside));
            }
        }
    }
    bench.keep(figures);
    Ok(())
}

/// All pages, one after the other.
fn walk(
    bench: &Bench,
    side: &Side,
    by: &str,
    mut page: impl FnMut(&mut Client, usize) -> Result<(), String>,
) -> Figure {
    let beside = bench.beside_hello(1);
    let mut client = Client::new(&side.server.target);
    let (begun, mut slice) = (Instant::now(), Slice::default());
    let pages = side.people.0.chunks(PAGE).map(<[Uuid]>::len).enumerate();
    for (number, _) in pages.take_while(|_| begun.elapsed() < LONGEST) {
        match page(&mut client, number) {
            Ok(()) => slice.latencies.push(micros(client.took)),
            Err(wrong) => {
                slice.errors += 1;
                slice.first_error = Some(wrong);
                break;
            }
        }
    }
    slice.seconds = begun.elapsed().as_secs_f64();
    let tenth = |part: &[f64]| {
        let mut part = part.to_vec();
        part.sort_by(f64::total_cmp);
        percentile(&part, 0.5)
    };
    let pages = slice.latencies.len();
    let (first, last) = (tenth(&slice.latencies[..pages / 10]), tenth(&slice.latencies[pages - pages / 10..]));
    slice.latencies.sort_by(f64::total_cmp);
    let reached = count(pages * PAGE).min(count(side.people.count())) / count(side.people.count()).max(1.0);
    bench
        .figure(side, &format!("W5 walk of all pages by {by}"), 1, 1, &slice)
        .beside(&beside)
        .value("seconds", slice.seconds)
        .value("part reached", reached)
        .value("last tenth to first", if first > 0.0 { last / first } else { 1.0 })
}
