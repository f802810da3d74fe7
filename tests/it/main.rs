//! Every behaviour test, in one binary: a fresh database for each test, every test on both databases.
//!
//! The tests speak HTTP to a server that runs inside the test process. `on_both!` makes two tests of one.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

mod architecture;
mod catalogue;
mod dependencies;
mod fuzz;
mod properties;
mod public_runners;
mod users;
