//! What always holds (the invariants of the model), under random operations through every door at once.
//!
//! `INVARIANT_SEQUENCES` sets how many sequences of 200 operations run on each database, `INVARIANT_SEED` where they begin.
//! A failure names the seed and the operation; the same seed does the same again.

mod operations;
mod state;
mod tenant;

use crate::deep;
use crate::fuzz::dice::Dice;
use crate::fuzz::number;
use crate::support::{Database, Server};
use operations::{Done, Driver};
use state::State;
use std::sync::Arc;
use tenant::Tenant;
use tokio::task::JoinSet;

const OPERATIONS: usize = 200;
/// What a run of all tests has time for; `INVARIANT_SEQUENCES=500` is for the night.
const SEQUENCES: usize = 24;
/// Sequences that run at the same time, each in an account of its own.
const AT_ONCE: usize = 8;

/// A-38, E-07, E-30, E-40, I-18: each step of a sequence is judged against the state before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_keeps_the_invariants_on_sqlite() {
    sequences(Database::Sqlite).await;
}

/// The same on PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_keeps_the_invariants_on_postgres() {
    sequences(Database::Postgres).await;
}

/// Clients that meet: judged when all have ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_clients_at_once_keep_the_invariants_on_sqlite() {
    crowds(Database::Sqlite).await;
}

/// The same on PostgreSQL, half of the clients on a second server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_clients_at_once_keep_the_invariants_on_postgres() {
    crowds(Database::Postgres).await;
}

async fn sequences(database: Database) {
    let server = Arc::new(Server::start(database).await);
    let (first, count) = (number("INVARIANT_SEED", 1), number("INVARIANT_SEQUENCES", SEQUENCES));
    let mut running = JoinSet::new();
    let mut effective = 0;
    for seed in first..first + count {
        if running.len() == AT_ONCE {
            effective += running.join_next().await.expect("one runs").expect("no invariant is broken");
        }
        let server = Arc::clone(&server);
        running.spawn(async move { sequence(&server, seed).await });
    }
    while let Some(done) = running.join_next().await {
        effective += done.expect("no invariant is broken");
    }
    assert_eq!(deep::wrong(&server.app.service.db).await, [""; 0], "what doctor --deep sees");
    assert!(effective > count * OPERATIONS / 4, "only {effective} operations had an effect: nothing was tried");
}

/// Random operations in an account of its own, for those who look at what they leave behind.
pub async fn live(server: &Server, dice: &mut Dice, operations: usize) {
    let tenant = Tenant::new(server, &format!("lively {}", dice.roll()), dice).await;
    let mut driver = Driver::new(&tenant);
    for _ in 0..operations {
        driver.step(server, &tenant, dice).await;
    }
}

/// One sequence; how many operations succeeded.
async fn sequence(server: &Server, seed: usize) -> usize {
    let mut dice = Dice::new(seed as u64 * 7_919);
    let tenant = Tenant::new(server, &format!("tenant {seed}"), &mut dice).await;
    let stranger = Tenant::new(server, &format!("stranger {seed}"), &mut dice).await;
    let aside = State::read(server, &stranger).await;
    let mut driver = Driver::new(&tenant);
    let mut before = State::read(server, &tenant).await;
    let mut succeeded = 0;
    for number in 0..OPERATIONS {
        let done = driver.step(server, &tenant, &mut dice).await;
        let after = State::read(server, &tenant).await;
        let place = |broken: String| panic!("seed {seed}, operation {number}, {done}: {broken}");
        if done.status >= 500 {
            place("a server error".to_owned());
        }
        after.check().unwrap_or_else(place);
        done.check(&before, &after, &tenant).unwrap_or_else(place);
        succeeded += usize::from(done.status < 300);
        before = after;
    }
    assert_eq!(State::read(server, &stranger).await, aside, "seed {seed}: another account changed");
    driver.check_stranger(server, &stranger).await;
    succeeded
}

async fn crowds(database: Database) {
    let server = Arc::new(Server::start(database).await);
    let other = match database {
        Database::Sqlite => Arc::clone(&server),
        Database::Postgres => Arc::new(Server::start_on(server.url.clone(), |_| ()).await),
    };
    for seed in 1..=(number("INVARIANT_SEQUENCES", SEQUENCES) / 8).max(1) {
        let mut dice = Dice::new(seed as u64 * 104_729);
        let tenant = Arc::new(Tenant::new(&server, &format!("crowd {seed}"), &mut dice).await);
        let driver = Driver::new(&tenant);
        let mut clients = JoinSet::new();
        for number in 0..8 {
            let (tenant, mut driver) = (Arc::clone(&tenant), driver.clone());
            let server = Arc::clone(if number % 2 == 0 { &server } else { &other });
            let mut dice = Dice::new((seed * 100 + number) as u64 * 15_485_863);
            clients.spawn(async move {
                for _ in 0..OPERATIONS / 4 {
                    let done: Done = driver.step(&server, &tenant, &mut dice).await;
                    // Whoever loses against others too often is told to try again.
                    assert!(done.status < 500 || done.status == 503, "seed {seed}: {done}");
                }
            });
        }
        while let Some(ended) = clients.join_next().await {
            ended.expect("a client ends well");
        }
        let state = State::read(&server, &tenant).await;
        state.check().unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        assert!(state.has_admin(None), "seed {seed}: the last administrator is gone");
    }
    assert_eq!(deep::wrong(&server.app.service.db).await, [""; 0], "what doctor --deep sees");
}
