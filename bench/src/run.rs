//! A whole run: databases, sizes, workloads.

#![expect(clippy::print_stderr, reason = "progress goes there")]

use crate::args::Arguments;
use crate::baseline::flush_micros;
use crate::bench::{Bench, Side};
use crate::cluster::Cluster;
use crate::failure::{Failure, Result};
use crate::figures::Figure;
use crate::machine::Machine;
use crate::prepare::Seeder;
use crate::report::Report;
use crate::server::Program;
use crate::store::{Database, Place, Store};
use crate::table::thousands;
use crate::workloads::{self, Workload};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub fn run(arguments: &Arguments) -> Result<Report> {
    let path = match &arguments.server {
        Some(path) => path.canonicalize().map_err(|error| {
            Failure::new(format!("There is no server at {}: {error}. Name the program with --server.", path.display()))
        })?,
        None => build()?,
    };
    let program = Program { path, provisioning_log: !arguments.no_log };
    let folder = match &arguments.keep {
        Some(folder) => folder.clone(),
        None => std::env::temp_dir().join(format!("scim-connector-bench-{}", std::process::id())),
    };
    fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let report = measure(arguments, program, &folder);
    if arguments.keep.is_none() {
        let _ = fs::remove_dir_all(&folder);
    }
    report
}

fn measure(arguments: &Arguments, program: Program, folder: &Path) -> Result<Report> {
    let wants = |database| arguments.only.is_none_or(|only| only == database);
    let cluster = if wants(Database::Postgres) { Some(Cluster::start(&folder.join("postgres"))?) } else { None };
    let mut seeders = Vec::new();
    if wants(Database::Sqlite) {
        seeders.push((Database::Sqlite, Place::Folder(folder.join("sqlite"))));
    }
    if let Some(cluster) = &cluster {
        seeders.push((Database::Postgres, Place::Cluster(cluster.url.clone())));
    }
    let mut seeders: Vec<(Database, Seeder, Store)> = seeders
        .into_iter()
        .map(|(database, place)| {
            let own = folder.join(format!("{database}").to_lowercase());
            fs::create_dir_all(&own)?;
            let copy = place.store("measured");
            Ok((database, Seeder::new(program.clone(), place, &own, arguments.over_http()), copy))
        })
        .collect::<Result<_>>()?;
    let flush = flush_micros(folder, Duration::from_millis(500))?;
    let version = cluster.as_ref().map(|cluster| cluster.version.clone());
    let machine = Machine::look(folder, &program.path, version, flush);
    let mut figures: Vec<Figure> = Vec::new();
    for users in arguments.sizes() {
        figures.extend(one_size(arguments, &program, folder, &mut seeders, users)?);
    }
    for (_, _, copy) in &seeders {
        copy.remove()?;
    }
    Place::Folder(folder.to_owned()).store("ceiling").remove()?;
    Ok(Report { machine, figures })
}

fn one_size(
    arguments: &Arguments,
    program: &Program,
    folder: &Path,
    seeders: &mut [(Database, Seeder, Store)],
    users: u64,
) -> Result<Vec<Figure>> {
    let is_chosen = |workload| arguments.workloads.is_empty() || arguments.workloads.contains(&workload);
    let (mut sides, mut figures) = (Vec::new(), Vec::new());
    for (database, seeder, copy) in seeders {
        let seeded = seeder.seed(users)?;
        let took = seeded.seconds.map_or_else(|| "kept".to_owned(), |seconds| format!("seeded in {seconds:.0} s"));
        // What nobody needs any more is measured itself.
        let is_last = arguments.keep.is_none() && arguments.sizes().last() == Some(&users);
        let store = if is_last { &seeded.store } else { &*copy };
        if !is_last {
            store.copy_from(&seeded.store)?;
        }
        let size = store.size() / (1 << 20);
        eprintln!("{database}: {} users, {took}, {size} MiB", thousands(users));
        let own = folder.join(format!("{database}").to_lowercase());
        let starts = if is_chosen(Workload::Start) { arguments.pace().starts } else { 1 };
        let (figure, server) = workloads::start(program, (*database, users, store, &seeded.token), &own, starts)?;
        if is_chosen(Workload::Start) {
            figures.push(figure);
        }
        sides.push(Side::new(*database, users, store.clone(), server)?);
    }
    for side in &sides {
        side.store.warm()?;
    }
    let mut bench = Bench::new(program.clone(), folder.to_owned(), arguments.pace(), users, sides)?;
    bench.keep(figures);
    workloads::run(&mut bench, &arguments.workloads)?;
    if arguments.sizes().last() == Some(&users) {
        workloads::soak(&mut bench)?;
    }
    let Bench { figures, sides, .. } = bench;
    for side in sides {
        side.server.stop()?;
    }
    Ok(figures)
}

/// Builds what is shipped.
fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--package", "scim-connector", "--message-format", "json"]).current_dir(root);
    let built = build.stderr(std::process::Stdio::inherit()).output()?;
    let told = String::from_utf8_lossy(&built.stdout).into_owned();
    let messages = told.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let programs = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    let found = programs.into_iter().find(|path| path.file_name().is_some_and(|name| name == "scim-connector"));
    found.ok_or_else(|| {
        Failure::new("The server cannot be built: see what cargo said, or name a program with --server.")
    })
}
