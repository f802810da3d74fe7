//! W5: pages of 100: the first, one in the middle, the last, by index and by cursor.

use crate::bench::{Bench, Side};
use crate::client::Client;
use crate::drive::{Slice, Until, drive, expect};
use crate::failure::Result;
use crate::people::escape;
use uuid::Uuid;

pub const PAGE: usize = 100;

pub fn round(bench: &mut Bench, round: u32) -> Result<()> {
    for place in ["first", "middle", "last"] {
        let mut figures = Vec::new();
        for side in &bench.sides {
            let order = in_order(side);
            let last = order.len().saturating_sub(PAGE);
            let from = match place {
                "first" => 0,
                "middle" => last / 2,
                _ => last,
            };
            let beside = bench.beside_hello(1);
            let slice = drive(&side.server.target, 1, bench.until(), |client, _| by_index(client, &order, from));
            let workload = format!("W5 {place} page by index");
            figures.push(bench.figure(side, &workload, 1, round, &slice).beside(&beside));
        }
        bench.keep(figures);
    }
    Ok(())
}

/// Ids in the order of a list: that of creation.
pub fn in_order(side: &Side) -> Vec<Uuid> {
    let mut order = side.people.0.clone();
    order.sort_unstable();
    order
}

/// The page of everybody behind the first `from`.
pub fn by_index(client: &mut Client, order: &[Uuid], from: usize) -> Result<(), String> {
    let path = format!("/Users?startIndex={}&count={PAGE}", from + 1);
    expect(client, ("GET", &path, None), &[200], |client| holds(client, order, from))
}

/// The page that a cursor names; an empty one names the first.
pub fn by_cursor(client: &mut Client, order: &[Uuid], from: usize, cursor: &str) -> Result<Option<String>, String> {
    let path = format!("/Users?cursor={}&count={PAGE}", escape(cursor));
    expect(client, ("GET", &path, None), &[200], |client| holds(client, order, from))?;
    Ok(client.value("nextCursor"))
}

fn holds(client: &Client, order: &[Uuid], from: usize) -> bool {
    let page = &order[from..(from + PAGE).min(order.len())];
    let has = |id: Option<&Uuid>| id.is_none_or(|id| client.contains(&format!("\"id\":\"{id}\"")));
    client.number("totalResults") == u64::try_from(order.len()).ok() && has(page.first()) && has(page.last())
}

/// A place in a list by cursor, again and again.
pub fn at_cursor(bench: &Bench, side: &Side, order: &[Uuid], from: usize, cursor: &str) -> Slice {
    drive(&side.server.target, 1, bench.until(), |client, _| by_cursor(client, order, from, cursor).map(drop))
}

/// Pages anywhere; others may have created users since.
pub fn anywhere(side: &Side, connections: usize, until: Until) -> Slice {
    let order = in_order(side);
    drive(&side.server.target, connections, until, |client, turn| {
        let from = turn.below(order.len());
        let path = format!("/Users?startIndex={}&count={PAGE}", from + 1);
        let first = format!("\"id\":\"{}\"", order[from]);
        expect(client, ("GET", &path, None), &[200], |client| client.contains(&first))
    })
}
