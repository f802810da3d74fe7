//! W7: what is resident.

use crate::bench::Bench;
use crate::drive::Slice;

pub fn note(bench: &mut Bench, when: &str) {
    let mut figures = Vec::new();
    for side in &bench.sides {
        let figure = bench.figure(side, &format!("W7 memory {when}"), 0, 1, &Slice::default());
        figures.push(
            figure
                .value("MiB", side.server.memory())
                .value("MiB without mapped files", side.server.own_memory())
                .value("peak MiB", side.server.peak_memory()),
        );
    }
    bench.keep(figures);
}
