//! SQLite without room: a small file system that is full, and a file that may not grow (`ulimit -f`).

use super::load::{Fate, Tally, Writer};
use super::process::Process;
use super::site::Site;
use super::world::{Door, Retry, World};
use crate::support::{Database, Folder};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(60);
/// Room for the empty database and a few hundred writes.
const MEGABYTES: u64 = 3;

/// Reads go on, writes are refused with a sentence, nothing is damaged, and writes go on when there is room again. The process
/// may not write beyond a place in any file, which needs no rights to arrange.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_may_not_grow() {
    let site = Site::new(Database::Sqlite);
    // Without the trap the first write too many would end the process.
    let limited = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$@\"", MEGABYTES * 1024 * 2);
    let process = site.start_by("full", &["sh", "-c", &limited, "sh"]);
    let room = |process: &Process| run("prlimit", &["--pid", &process.id().to_string(), "--fsize=unlimited"]);
    fill_and_free(&site, process, room).await;
}

/// The same on a file system that is full. Only root may make one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full() {
    let folder = Folder::new();
    let Some(mount) = Mount::new(&folder.0.join("small")) else {
        println!("skipped: only root can mount a file system; the test of a file that may not grow needs no rights");
        return;
    };
    let url = format!("sqlite:{}/data.db", mount.0);
    let site = Site::on(Database::Sqlite, folder, url);
    let process = site.start("full");
    fill_and_free(&site, process, |_| run("mount", &["-o", "remount,size=256m", &mount.0])).await;
}

async fn fill_and_free(site: &Site, mut process: Process, make_room: impl Fn(&Process)) {
    let door = Door::new(&process.root, site.secrets());
    let (full, stop) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let mut crew = JoinSet::new();
    for writer in Writer::crew() {
        crew.spawn(write(writer, door.clone(), Arc::clone(&full)));
    }
    let writers = crew.join_all().await;
    assert!(full.load(Ordering::SeqCst), "there was too much room");

    // What is there can be read, and is what was acknowledged.
    let world = World::walk(&door).await;
    let resolve = |mut writers: Vec<Writer>, world: &World| {
        writers.iter_mut().for_each(|writer| writer.resolve(world));
        Writer::verify_all(&writers, world);
        writers
    };
    let mut writers = resolve(writers, &world);
    let before: Tally = writers.iter().map(|writer| writer.tally).sum();

    make_room(&process);
    until_written(&mut writers[0], &door).await;
    let mut crew = JoinSet::new();
    for writer in writers {
        crew.spawn(write(writer, door.clone(), Arc::clone(&stop)));
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    stop.store(true, Ordering::SeqCst);
    let writers = resolve(crew.join_all().await, &World::walk(&door).await);
    let after: Tally = writers.iter().map(|writer| writer.tally).sum();
    assert!(after.done > before.done + 8, "writes go on");

    // A crash now finds nothing damaged either.
    process.kill();
    let process = site.start("full");
    let door = Door::new(&process.root, site.secrets());
    Writer::verify_all(&writers, &World::walk(&door).await);
    drop(process);
    let doctor = site.doctor();
    assert!(doctor.contains("quick_check") && !doctor.contains("WRONG"), "{doctor}");
    site.check_log();
    println!(
        "{} writes acknowledged before there was no room and {} after there was room again, all there; {} refused",
        before.done,
        after.done - before.done,
        after.refused
    );
}

/// Writes until there is no room, or until another one says that it is enough.
async fn write(mut writer: Writer, door: Door, enough: Arc<AtomicBool>) -> Writer {
    let mut refused = 0;
    while !enough.load(Ordering::SeqCst) {
        match writer.step(&door).await {
            Fate::Done => refused = 0,
            Fate::Refused => refused += 1,
            Fate::Unknown => {
                refused += 1;
                assert!(writer.look_up(&door).await.is_ok(), "reads go on");
            }
        }
        if refused == 10 {
            enough.store(true, Ordering::SeqCst);
        }
    }
    writer
}

/// There is room again: the same process writes again, with no help.
async fn until_written(writer: &mut Writer, door: &Door) {
    let begun = Instant::now();
    while writer.step(door).await != Fate::Done {
        assert!(begun.elapsed() < PATIENCE, "the server does not recover");
        if let Err(Retry) = writer.look_up(door).await {
            panic!("reads go on");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A small file system in memory; unmounted with the test.
struct Mount(String);

impl Mount {
    fn new(path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path).expect("the folder can be written");
        let path = path.to_str().expect("UTF-8").to_owned();
        let size = format!("size={MEGABYTES}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs", &path]).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(path))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a server that is still ending may have files open.
        let _ = Command::new("umount").args(["-l", &self.0]).status();
    }
}

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status();
    assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?}");
}
