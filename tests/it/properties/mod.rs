//! Laws that hold for every input, tried on random ones.
//!
//! Runs are repeatable: the seed is fixed. `PROPTEST_RNG_SEED` sets another one, `PROPTEST_CASES` another number of
//! cases. A failure is shrunk to a small input before it is shown.

mod filters;
mod folding;
mod literals;
mod names;
mod pages;
mod patch;
mod people;

use proptest::test_runner::{Config, RngSeed, TestRunner};

/// A runner that does the same on every run, with this many cases unless the environment says another number.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new(config(cases))
}

fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok());
    Config {
        cases: asked.unwrap_or(cases),
        rng_seed: RngSeed::Fixed(seed.unwrap_or(7644)),
        failure_persistence: None,
        ..Config::default()
    }
}

/// Runs something asynchronous inside a property, which is not.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}
