//! From the start of the process to the first answer, on a database that is there.

use crate::drive::{Slice, micros};
use crate::failure::{Failure, Result};
use crate::figures::Figure;
use crate::people::{escape, user_name};
use crate::server::{Program, Server};
use crate::store::{Database, Store};
use std::path::Path;

/// Starts the server some times; the last one goes on.
pub fn run(
    program: &Program,
    (database, users, store, token): (Database, u64, &Store, &str),
    folder: &Path,
    times: u32,
) -> Result<(Figure, Server)> {
    let (mut ready, mut slice) = (Slice::default(), Slice::default());
    let mut last: Option<Server> = None;
    for _ in 0..times.max(1) {
        if let Some(server) = last.take() {
            server.stop()?;
        }
        let server = program.serve(&store.url(), folder, token)?;
        let mut client = crate::client::Client::new(&server.target);
        let path = format!("/Users?filter={}", escape(&format!("userName eq \"{}\"", user_name(users))));
        let status = client.call("GET", &path, None)?;
        if status != 200 || client.number("totalResults") != Some(1) {
            return Err(Failure::new(format!("The first answer is wrong: {status} {}", client.text())));
        }
        ready.latencies.push(micros(server.ready_after));
        slice.latencies.push(micros(server.ready_after + client.took));
        last = Some(server);
    }
    ready.latencies.sort_by(f64::total_cmp);
    slice.latencies.sort_by(f64::total_cmp);
    let figure = Figure::new("start to first answer", database, users, 1, 1, &slice);
    let figure = figure.value("ready ms", ready.percentile(0.5) / 1e3);
    let server = last.ok_or_else(|| Failure::new("The server was not started."))?;
    Ok((figure, server))
}
