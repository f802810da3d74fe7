//! Every behaviour test, in one binary: a fresh database for each test, every test on both databases.
//!
//! The tests speak HTTP to a server that runs inside the test process. `on_both!` makes two tests of one.

mod support;

mod architecture;
mod catalogue;
mod concurrency;
mod discovery;
mod filters;
mod groups;
mod paging;
mod recorded;
mod users;
