//! W2: who has this userName? What identity providers ask before every write.

use super::CONNECTIONS;
use crate::bench::{Bench, Side};
use crate::client::Client;
use crate::drive::{Slice, Until, drive, expect};
use crate::failure::Result;
use crate::people::{escape, user_name};

pub fn round(bench: &mut Bench, round: u32) -> Result<()> {
    for connections in CONNECTIONS {
        let mut figures = Vec::new();
        for side in &bench.sides {
            let beside = bench.beside_hello(connections);
            let slice = lookups(side, connections, bench.until());
            figures.push(bench.figure(side, "W2 lookup userName eq", connections, round, &slice).beside(&beside));
        }
        bench.keep(figures);
    }
    Ok(())
}

pub fn lookups(side: &Side, connections: usize, until: Until) -> Slice {
    drive(&side.server.target, connections, until, |client, turn| {
        let (number, id) = side.people.at(turn.below(side.people.count()));
        let filter = escape(&format!("userName eq \"{}\"", user_name(number)));
        let id = id.to_string();
        let found = |client: &Client| client.number("totalResults") == Some(1) && client.contains(&id);
        expect(client, ("GET", &format!("/Users?filter={filter}"), None), &[200], found)
    })
}
