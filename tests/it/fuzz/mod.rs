//! Hostile and broken input: nothing panics, and what is accepted can be worked with.
//!
//! A mutation fuzzer without tools of its own: a corpus of real inputs, changed at random, with a fixed seed.
//! `FUZZ_INPUTS` sets how many inputs each target gets, `FUZZ_SEED` the seed.

mod corpus;
pub mod dice;
mod library;
mod mutate;
mod requests;

use dice::Dice;
use std::panic::{AssertUnwindSafe, catch_unwind};

const INPUTS: usize = 20_000;

/// A number from the environment.
pub fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
}

fn seed() -> Dice {
    Dice::new(number("FUZZ_SEED", 7644) as u64)
}

/// Tries a target on many inputs. `make` gives `None` where a mutation came to nothing, and such a one is not counted.
/// A target tells whether it accepted the input; one that accepts nothing, or everything, was not tried at all.
fn fuzz<I: std::fmt::Debug>(make: impl Fn(&mut Dice) -> Option<I>, target: impl Fn(&I) -> bool) {
    let mut dice = seed();
    let (mut tried, mut accepted) = (0, 0);
    let wanted = number("FUZZ_INPUTS", INPUTS);
    while tried < wanted {
        let Some(input) = make(&mut dice) else { continue };
        tried += 1;
        match catch_unwind(AssertUnwindSafe(|| target(&input))) {
            Ok(was_accepted) => accepted += usize::from(was_accepted),
            Err(_) => panic!("input number {tried} is the one that failed: {input:?}"),
        }
    }
    println!("{tried} inputs, {accepted} accepted");
    assert!(accepted > 0 && accepted < tried, "{accepted} of {tried} were accepted");
}
