//! Three replicas on one PostgreSQL, of which one at a time is killed while clients go on with the others.
//! `REPLICA_KILLS` sets how many.

use super::events::Follower;
use super::load::{Fate, Tally, Writer};
use super::site::Site;
use super::times;
use super::world::{Door, Retry, World};
use crate::fuzz::dice::Dice;
use crate::fuzz::number;
use crate::support::Database;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

const REPLICAS: usize = 3;
const KILLS: usize = 4;
/// A client that is refused for so long by all replicas has been let down.
const PATIENCE: Duration = Duration::from_secs(60);

/// The replicas as clients find them.
struct Replicas {
    doors: RwLock<Vec<Door>>,
    /// How many killed ones PostgreSQL has not yet noticed: only then is it known what became of their writes.
    unsettled: AtomicUsize,
    stop: AtomicBool,
    /// Answers of another replica that were compared with what had just been acknowledged.
    compared: AtomicUsize,
}

/// No acknowledged write is lost, clients only hear what they can try again, and no replica shows what is older than what
/// another one has acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_go_on_while_replicas_die() {
    let kills = number("REPLICA_KILLS", KILLS);
    let (site, mut dice) = (Site::new(Database::Postgres), Dice::new(3));
    let mut processes: Vec<_> = (0..REPLICAS).map(|number| site.start(&name(number))).collect();
    let doors = processes.iter().map(|process| Door::new(&process.root, site.secrets())).collect();
    let replicas = Arc::new(Replicas {
        doors: RwLock::new(doors),
        unsettled: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        compared: AtomicUsize::new(0),
    });
    let mut crew = JoinSet::new();
    for (number, writer) in Writer::crew().into_iter().enumerate() {
        crew.spawn(write(Arc::clone(&replicas), writer, number));
    }
    let mut away = Vec::new();
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(300 + dice.below(1000) as u64)).await;
        let victim = kill % REPLICAS;
        replicas.unsettled.fetch_add(1, Ordering::SeqCst);
        let begun = processes[victim].kill();
        tokio::task::block_in_place(|| site.settle(&name(victim)));
        replicas.unsettled.fetch_sub(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(dice.below(500) as u64)).await;
        processes[victim] = site.start(&name(victim));
        replicas.doors.write().await[victim] = Door::new(&processes[victim].root, site.secrets());
        away.push(begun.elapsed());
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    replicas.stop.store(true, Ordering::SeqCst);
    let mut writers = crew.join_all().await;

    let acknowledged: Vec<_> = writers.iter_mut().flat_map(|writer| writer.acknowledged.drain(..)).collect();
    for process in &processes {
        let door = Door::new(&process.root, site.secrets());
        let world = World::walk(&door).await;
        Writer::verify_all(&writers, &world);
        let mut follower = Follower::default();
        follower.check(&door, &acknowledged).await;
        follower.check_all(&world, &writers);
    }
    site.check_log();
    let compared = replicas.compared.load(Ordering::SeqCst);
    assert!(compared > 0, "no replica was compared with another");
    let Tally { done, refused, kept, lost } = writers.iter().map(|writer| writer.tally).sum();
    println!(
        "{kills} kills among {REPLICAS} replicas; {done} writes acknowledged, all there on each; {refused} refused; {} of unknown \
         fate, of which {kept} were there whole and {lost} not at all; {compared} reads of another replica right after an \
         acknowledgement, none of them older. A replica was away for {}",
        kept + lost,
        times(away)
    );
}

fn name(replica: usize) -> String {
    format!("replica{replica}")
}

/// A client that goes on with the next replica when one breaks off or is busy.
async fn write(replicas: Arc<Replicas>, mut writer: Writer, number: usize) -> Writer {
    let mut turn = number;
    while !replicas.stop.load(Ordering::SeqCst) {
        match writer.step(&replicas.door(turn).await).await {
            Fate::Done => {
                let keys = writer.last_keys();
                if writer.verify_last(&replicas.door(turn + 1).await, &keys).await.is_ok() {
                    replicas.compared.fetch_add(1, Ordering::Relaxed);
                }
                // Mostly the same replica, as a connection that is kept.
                turn += usize::from(writer.tally.done.is_multiple_of(8));
            }
            Fate::Refused => turn += 1,
            Fate::Unknown => {
                turn += 1;
                replicas.find_out(&mut writer, &mut turn).await;
            }
        }
    }
    writer
}

impl Replicas {
    async fn door(&self, turn: usize) -> Door {
        self.doors.read().await[turn % REPLICAS].clone()
    }

    async fn find_out(&self, writer: &mut Writer, turn: &mut usize) {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "no replica answers");
            // The one that was asked may have been killed just now.
            tokio::time::sleep(Duration::from_millis(50)).await;
            if self.unsettled.load(Ordering::SeqCst) == 0 {
                match writer.look_up(&self.door(*turn).await).await {
                    Ok(()) => return,
                    Err(Retry) => *turn += 1,
                }
            }
        }
    }
}
