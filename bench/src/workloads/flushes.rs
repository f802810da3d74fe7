//! Flushes of a write: what the server commits, what the kernel is asked for, what PostgreSQL counts.

use super::CONNECTIONS;
use super::patch::patches;
use crate::bench::{Bench, Side};
use crate::drive::{Slice, Until, count};
use crate::failure::Result;
use crate::figures::Figure;
use crate::postgres::Session;
use crate::server::Commits;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Adds what the server says it committed during a slice. (On PostgreSQL it does not.)
pub fn with_commits(mut figure: Figure, before: Commits, after: Commits, flush: f64) -> Figure {
    figure.flush = Some(flush);
    let writes = after.writes - before.writes;
    if writes > 0.0 {
        return figure.value("commits per write", (after.commits - before.commits) / writes);
    }
    figure
}

/// Slices of their own, because who counts system calls slows them down.
pub fn run(bench: &mut Bench) -> Result<()> {
    for connections in CONNECTIONS {
        for what in ["create", "patch"] {
            let mut figures = Vec::new();
            for side in &bench.sides {
                let until = Until { seconds: bench.pace.seconds, calls: 2_000 };
                let write = || match what {
                    "create" => bench.creates(side, connections, until),
                    _ => patches(side, true, connections, until),
                };
                let (slice, flushes) = match &side.raw {
                    None => counted_by_kernel(bench, side, write)?,
                    Some(_) => counted_by_postgres(bench, side, write)?,
                };
                let mut figure = bench.figure(side, &format!("flushes of a {what}"), connections, 1, &slice);
                if let Some(flushes) = flushes {
                    figure = figure.value("flushes per write", flushes / count(slice.latencies.len()).max(1.0));
                }
                figures.push(figure);
            }
            bench.keep(figures);
        }
    }
    Ok(())
}

/// Nothing is counted where there is no strace, or where it may not look.
fn counted_by_kernel(bench: &Bench, side: &Side, write: impl FnOnce() -> Slice) -> Result<(Slice, Option<f64>)> {
    let report = bench.folder.join("strace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-e", "trace=fsync,fdatasync", "-p", &side.server.pid().to_string(), "-o"]).arg(&report);
    let Ok(mut strace) = strace.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        return Ok((write(), None));
    };
    pause(bench, 0.5);
    let looks = strace.try_wait()?.is_none();
    let slice = write();
    interrupt(&mut strace)?;
    let report = fs::read_to_string(&report).unwrap_or_default();
    // "% time  seconds  usecs/call  calls  [errors]  syscall"
    let calls = report
        .lines()
        .filter(|line| line.ends_with("sync"))
        .filter_map(|line| line.split_whitespace().nth(3)?.parse::<f64>().ok());
    Ok((slice, looks.then(|| calls.sum())))
}

/// In a run that measures nothing, nobody waits for what is counted.
fn pause(bench: &Bench, seconds: f64) {
    std::thread::sleep(Duration::from_secs_f64(seconds.min(bench.pace.seconds * 6.0)));
}

fn interrupt(child: &mut Child) -> Result<()> {
    Command::new("kill").args(["-INT", &child.id().to_string()]).stderr(Stdio::null()).status()?;
    child.wait()?;
    Ok(())
}

fn counted_by_postgres(bench: &Bench, side: &Side, write: impl FnOnce() -> Slice) -> Result<(Slice, Option<f64>)> {
    let session = Session::open(&side.store.url())?;
    let flushes = || -> Option<f64> {
        // A process that idles tells what it did after ten seconds.
        pause(bench, 11.0);
        let since_18 = "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'";
        session.text("SELECT wal_sync FROM pg_stat_wal").or_else(|| session.text(since_18))?.parse().ok()
    };
    let before = flushes();
    let slice = write();
    Ok((slice, flushes().zip(before).map(|(after, before)| after - before)))
}
