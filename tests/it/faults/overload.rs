//! More requests than the server can take: some are served, the others are told so at once, and afterwards all is well.
//!
//! `cargo test --release --test it faults::overload::figures -- --ignored --nocapture` prints what is served at one and two times
//! the capacity; `OVERLOAD_SECONDS` sets how long each takes.

use super::raw::{Answer, connect, exchange, request};
use super::site::Site;
use super::world::Door;
use crate::fuzz::number;
use crate::support::Database;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const SOCKETS: usize = 3_000;
/// Users made by one request.
const SEEDED: usize = 100;

/// A kind of work, by what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Create,
    Read,
    /// A filter without an index looks at every user.
    Scan,
}

/// What came of many requests.
#[derive(Debug, Default)]
struct Outcome {
    good: Vec<Duration>,
    refused: Vec<Duration>,
    bad: Vec<u16>,
}

/// However much comes at once: it is served or told to come back, nobody hangs, and then there is room again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_is_told_so_on_sqlite() {
    flood(Site::new(Database::Sqlite)).await;
}

/// The same on PostgreSQL.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_is_told_so_on_postgres() {
    flood(Site::new(Database::Postgres).with("STORAGE__POSTGRES_POOL", "2")).await;
}

async fn flood(site: Site) {
    let site = site.with("LIMITS__IN_FLIGHT", "20").with("STORAGE__QUEUE", "8").with("STORAGE__SQLITE_READERS", "2");
    let process = site.start("flood");
    let target = Arc::new(Target::new(&Door::new(&process.root, site.secrets()), 2 * SEEDED).await);
    let mut refused = 0;
    for kind in [Kind::Create, Kind::Scan, Kind::Read] {
        let outcome = at_once(&target, kind, 200).await;
        assert!(outcome.bad.is_empty(), "{kind:?}: {:?}", outcome.bad);
        assert!(!outcome.good.is_empty(), "{kind:?}: nothing was served");
        refused += outcome.refused.len();
        let after = at_once(&target, kind, 1).await;
        assert_eq!(after.good.len(), 1, "{kind:?}: there is room again");
    }
    assert!(refused > 0, "it was not too much");
    // Work of one kind that waits does not keep out work of another.
    let scans = tokio::spawn({
        let target = Arc::clone(&target);
        async move {
            let mut outcome = Outcome::default();
            for _ in 0..3 {
                let more = at_once(&target, Kind::Scan, 100).await;
                outcome.bad.extend(more.bad);
            }
            outcome
        }
    });
    let mut served = 0;
    while !scans.is_finished() {
        let read = at_once(&target, Kind::Read, 1).await;
        assert!(read.bad.is_empty(), "{read:?}");
        served += read.good.len();
    }
    assert!(served > 0, "no read was served beside long ones");
    assert!(scans.await.expect("it ends").bad.is_empty());
    site.check_log();
}

/// Prints figures for a person; the machine decides them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it measures for minutes"]
async fn figures() {
    let time = Duration::from_secs(number("OVERLOAD_SECONDS", 5) as u64);
    rlimit::increase_nofile_limit(rlimit::INFINITY).expect("it can be raised");
    println!("| | offered/s | served/s | of the peak | p50, p99 of those served | refused/s | p99 of those refused |");
    println!("|---|---|---|---|---|---|---|");
    for database in [Database::Sqlite, Database::Postgres] {
        for kind in [Kind::Create, Kind::Read, Kind::Scan] {
            let site = Site::new(database);
            let process = site.start("figures");
            let target = Arc::new(Target::new(&Door::new(&process.root, site.secrets()), 5_000).await);
            let peak = capacity(&target, kind, time).await;
            for times in [1.0, 2.0] {
                let outcome = offer(&target, kind, peak * times, time).await;
                assert!(outcome.bad.is_empty(), "{kind:?}: {:?}", outcome.bad);
                let served = outcome.good.len() as f64 / time.as_secs_f64();
                println!(
                    "| {database:?} {kind:?} {times} × | {:.0} | {served:.0} | {:.0} % | {:.0?}, {:.0?} | {:.0} | {:.0?} |",
                    peak * times,
                    100.0 * served / peak,
                    percentile(&outcome.good, 50),
                    percentile(&outcome.good, 99),
                    outcome.refused.len() as f64 / time.as_secs_f64(),
                    percentile(&outcome.refused, 99),
                );
            }
        }
    }
}

fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}

/// A server with users, and connections to it.
struct Target {
    door: Door,
    ids: Vec<String>,
    idle: Mutex<Vec<TcpStream>>,
    /// Of one client machine; what is more waits there, and its time counts.
    sockets: Semaphore,
    turn: AtomicUsize,
}

impl Target {
    async fn new(door: &Door, users: usize) -> Self {
        let mut ids = Vec::new();
        for first in (0..users).step_by(SEEDED) {
            let user = |number: usize| json!({ "userName": format!("seed{number}"), "title": "seed" });
            let operation = |number| json!({ "method": "POST", "path": "/Users", "bulkId": format!("b{number}"), "data": user(number) });
            let operations: Vec<Value> = (first..first + SEEDED).map(operation).collect();
            let body =
                json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
            let reply = crate::support::send(door.scim(reqwest::Method::POST, "/Bulk").json(&body)).await.expect(200);
            let made = reply.body["Operations"].as_array().expect("operations").iter();
            ids.extend(
                made.map(|made| made["location"].as_str().expect("made").rsplit('/').next().expect("an id").to_owned()),
            );
        }
        Self {
            door: door.clone(),
            ids,
            idle: Mutex::default(),
            sockets: Semaphore::new(SOCKETS),
            turn: AtomicUsize::new(0),
        }
    }

    fn request(&self, kind: Kind) -> Vec<u8> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        match kind {
            Kind::Create => {
                let body = format!("{{\"userName\":\"new{turn}\",\"displayName\":\"New {turn}\"}}");
                request(&self.door, "POST", "/Users", &body)
            }
            Kind::Read => {
                request(&self.door, "GET", &format!("/Users/{}", self.ids[turn * 7_919 % self.ids.len()]), "")
            }
            Kind::Scan => request(&self.door, "GET", "/Users?count=1&filter=title%20co%20%22nobody%22", ""),
        }
    }

    /// One request on a connection that is free, or on a new one; the time counts from `since`.
    async fn ask(&self, kind: Kind, since: Instant) -> (Answer, Duration) {
        let _socket = self.sockets.acquire().await.expect("it is never closed");
        let idle = self.idle.lock().expect("no panic").pop();
        let mut stream = match idle {
            Some(stream) => stream,
            None => connect(&self.door).await,
        };
        let answer = exchange(&mut stream, &self.request(kind)).await.expect("an answer, not a broken connection");
        self.idle.lock().expect("no panic").push(stream);
        (answer, since.elapsed())
    }
}

impl Outcome {
    fn add(&mut self, (answer, took): (Answer, Duration)) {
        match answer {
            Answer::Good => self.good.push(took),
            Answer::Refused => self.refused.push(took),
            Answer::Bad(status) => self.bad.push(status),
        }
    }

    async fn of(mut asking: JoinSet<(Answer, Duration)>) -> Self {
        let mut outcome = Self::default();
        while let Some(answer) = asking.join_next().await {
            outcome.add(answer.expect("it ends well"));
        }
        outcome
    }
}

async fn at_once(target: &Arc<Target>, kind: Kind, count: usize) -> Outcome {
    let mut asking = JoinSet::new();
    for _ in 0..count {
        let target = Arc::clone(target);
        asking.spawn(async move { target.ask(kind, Instant::now()).await });
    }
    Outcome::of(asking).await
}

/// Requests a second that 32 connections get through which wait for each answer.
async fn capacity(target: &Arc<Target>, kind: Kind, time: Duration) -> f64 {
    let (begun, mut crew) = (Instant::now(), JoinSet::new());
    for _ in 0..32 {
        let target = Arc::clone(target);
        crew.spawn(async move {
            let mut served = 0usize;
            while begun.elapsed() < time {
                served += usize::from(target.ask(kind, Instant::now()).await.0 == Answer::Good);
            }
            served
        });
    }
    let served: usize = crew.join_all().await.into_iter().sum();
    served as f64 / begun.elapsed().as_secs_f64()
}

/// So many requests a second, whatever becomes of them. Times count from when a request was due.
async fn offer(target: &Arc<Target>, kind: Kind, rate: f64, time: Duration) -> Outcome {
    let (begun, mut asking, mut sent) = (Instant::now(), JoinSet::new(), 0.0);
    while begun.elapsed() < time {
        tokio::time::sleep(Duration::from_millis(1)).await;
        while sent < begun.elapsed().as_secs_f64() * rate {
            sent += 1.0;
            let (target, due) = (Arc::clone(target), begun + Duration::from_secs_f64(sent / rate));
            asking.spawn(async move { target.ask(kind, due).await });
        }
    }
    Outcome::of(asking).await
}
