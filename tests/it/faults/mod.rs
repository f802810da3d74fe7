//! What happens when things break: the program as a process of its own, killed, starved, flooded (docs/reliability.md).
//!
//! Each test is a small version of a run that a person starts with an environment variable; the documentation names them.
//! `SCIM_CONNECTOR_PROGRAM` names another build of the program than the one of this test run, such as a release build.

mod crash;
mod database_restart;
mod disk_full;
mod events;
mod load;
mod overload;
mod process;
mod raw;
mod replicas;
mod site;
mod slow_clients;
mod world;

use std::time::Duration;

/// The middle and the largest of some times, for a person.
fn times(mut times: Vec<Duration>) -> String {
    times.sort();
    let milliseconds = |time: Option<&Duration>| time.map_or(0, |time| time.as_millis());
    format!("{} ms, {} ms at most", milliseconds(times.get(times.len() / 2)), milliseconds(times.last()))
}
