//! PostgreSQL that stops, falls over and comes back while eight connections write. `RESTART_ROUNDS` sets how often.

use super::events::Follower;
use super::load::{Fate, Tally, Writer};
use super::site::Site;
use super::times;
use super::world::{Door, Retry, World, attempt};
use crate::fuzz::number;
use crate::support::{Cluster, Database, Folder};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const ROUNDS: usize = 1;
/// However slow the machine is: after this the server has not recovered.
const PATIENCE: Duration = Duration::from_secs(60);

/// While PostgreSQL is away clients are told to come back, and when it is back they are served by the same process;
/// what was acknowledged is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_outlives_its_database() {
    let cluster = Cluster::start("");
    let site = Site::on(Database::Postgres, Folder::new(), cluster.database("faults"));
    let mut process = site.start("restart");
    let door = Door::new(&process.root, site.secrets());
    let stop = Arc::new(AtomicBool::new(false));
    let mut crew = JoinSet::new();
    for writer in Writer::crew() {
        crew.spawn(write(writer, door.clone(), Arc::clone(&stop)));
    }
    let control = |arguments: &[&str]| tokio::task::block_in_place(|| cluster.control(arguments));
    let mut recoveries = Vec::new();
    let rounds = number("RESTART_ROUNDS", ROUNDS);
    for _ in 0..rounds {
        for mode in ["immediate", "fast"] {
            tokio::time::sleep(Duration::from_millis(500)).await;
            control(&["restart", "-m", mode]);
            recoveries.push(until_ready(&door, 200).await);

            // Away for longer, so that everybody notices.
            control(&["stop", "-m", mode]);
            until_ready(&door, 503).await;
            let busy = attempt(door.scim(reqwest::Method::GET, "/Users?count=1")).await.expect("an answer").expect(503);
            assert_eq!(busy.header("retry-after"), "1");
            let root = format!("{}/healthz", door.root);
            attempt(door.client.get(root)).await.expect("an answer").expect(200);
            control(&["start"]);
            recoveries.push(until_ready(&door, 200).await);
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::SeqCst);
    let mut writers = crew.join_all().await;
    assert!(process.is_alive());

    let world = World::walk(&door).await;
    Writer::verify_all(&writers, &world);
    let acknowledged: Vec<_> = writers.iter_mut().flat_map(|writer| writer.acknowledged.drain(..)).collect();
    let mut follower = Follower::default();
    follower.check(&door, &acknowledged).await;
    follower.check_all(&world, &writers);
    site.check_log();
    let Tally { done, refused, kept, lost } = writers.iter().map(|writer| writer.tally).sum();
    assert!(refused > 0, "nobody was told to come back");
    println!(
        "{} outages of PostgreSQL; {done} writes acknowledged, all there; {refused} refused with 503; {} of unknown fate, of which \
         {kept} were there whole and {lost} not at all. Ready again after {}",
        rounds * 4,
        kept + lost,
        times(recoveries)
    );
}

/// How long it took until `/readyz` gave this status.
async fn until_ready(door: &Door, status: u16) -> Duration {
    let begun = Instant::now();
    loop {
        let reply = attempt(door.client.get(format!("{}/readyz", door.root))).await.expect("the process goes on");
        if reply.status == status {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < PATIENCE, "/readyz is {} and should become {status}", reply.status);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A client that waits when it is told to, though less than it is told.
async fn write(mut writer: Writer, door: Door, stop: Arc<AtomicBool>) -> Writer {
    while !stop.load(Ordering::SeqCst) {
        match writer.step(&door).await {
            Fate::Done => {}
            Fate::Refused => tokio::time::sleep(Duration::from_millis(50)).await,
            Fate::Unknown => {
                let begun = Instant::now();
                while let Err(Retry) = writer.look_up(&door).await {
                    assert!(begun.elapsed() < PATIENCE, "the server does not recover");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
    writer
}
