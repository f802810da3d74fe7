//! Every behaviour test, in one binary: a fresh database for each test, every test on both databases.
//!
//! The tests speak HTTP to a server that runs inside the test process. `on_both!` makes two tests of one.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "figures of a run are shown with --nocapture")]

mod story;
mod support;

mod api;
mod architecture;
mod bulk;
mod catalogue;
mod clients;
mod command_line;
mod concurrency;
mod credentials;
mod cursors;
mod deep;
mod dependencies;
mod dialects;
mod discovery;
mod errors;
mod faults;
mod filters;
mod fuzz;
mod groups;
mod guides;
mod invariants;
mod limits;
mod log;
mod metrics;
mod migrations;
mod model;
mod oauth;
mod organizations;
mod paging;
mod properties;
mod public_runners;
mod recorded;
mod requirements;
mod roles;
mod traces;
mod users;
mod versions;
