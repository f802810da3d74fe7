//! `kill -9` while eight connections write as fast as they can. `CRASH_ROUNDS` sets how often, on the same data.

use super::events::Follower;
use super::load::{Fate, Tally, Writer};
use super::site::Site;
use super::times;
use super::world::{Door, World};
use crate::fuzz::dice::Dice;
use crate::fuzz::number;
use crate::support::Database;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// What a run of all tests has time for.
const ROUNDS: usize = 3;

/// Every acknowledged write is there after a crash, nothing is half done, and nobody who follows the changes misses one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_on_sqlite() {
    crash(Database::Sqlite).await;
}

/// The same on PostgreSQL, which goes on when the server dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_on_postgres() {
    crash(Database::Postgres).await;
}

async fn crash(database: Database) {
    let rounds = number("CRASH_ROUNDS", ROUNDS);
    let site = Site::new(database);
    let (mut writers, mut follower, mut dice) = (Writer::crew(), Follower::default(), Dice::new(20));
    let (mut events, mut starts) = (0, Vec::new());
    let mut process = site.start("crash");
    for round in 0..rounds {
        let done = Arc::new(AtomicUsize::new(0));
        let crew = load(writers, &Door::new(&process.root, site.secrets()), &done);
        // However busy the machine is, there is something to lose.
        while done.load(Ordering::Relaxed) < 20 && !crew.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_millis(dice.below(1300) as u64)).await;
        process.kill();
        writers = crew.join_all().await;
        site.settle("crash");

        let begun = Instant::now();
        process = site.start("crash");
        let door = Door::new(&process.root, site.secrets());
        door.get("/Users?count=1").await;
        starts.push(begun.elapsed());

        let world = World::walk(&door).await;
        writers.iter_mut().for_each(|writer| writer.resolve(&world));
        Writer::verify_all(&writers, &world);
        let acknowledged: Vec<_> = writers.iter_mut().flat_map(|writer| writer.acknowledged.drain(..)).collect();
        assert!(!acknowledged.is_empty(), "round {round}: nothing was written");
        follower.check(&door, &acknowledged).await;
        follower.check_all(&world, &writers);
        events = follower.count();
    }
    follower.check_again(&Door::new(&process.root, site.secrets())).await;
    site.check_log();
    let Tally { done, refused, kept, lost } = writers.iter().map(|writer| writer.tally).sum();
    println!(
        "{database:?}: {rounds} crashes; {done} writes acknowledged, all there, and {refused} refused; {} of unknown fate, of \
         which {kept} were there whole and {lost} not at all; {events} events. From the start to the first answer: {}",
        kept + lost,
        times(starts)
    );
}

/// Lets the writers write until the server is gone.
fn load(writers: Vec<Writer>, door: &Door, done: &Arc<AtomicUsize>) -> JoinSet<Writer> {
    let mut crew = JoinSet::new();
    for mut writer in writers {
        let (door, done) = (door.clone(), Arc::clone(done));
        crew.spawn(async move {
            while writer.step(&door).await != Fate::Unknown {
                done.fetch_add(1, Ordering::Relaxed);
            }
            writer
        });
    }
    crew
}
