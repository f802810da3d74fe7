//! A throw-away PostgreSQL cluster from the machine's own PostgreSQL programs. Unlike that of the tests it flushes, as
//! PostgreSQL does when nobody says otherwise. It ends when the standard input of the shell that holds it ends.

use crate::failure::{Failure, Result};
use crate::server::free_address;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What differs from PostgreSQL's defaults: room for three replicas, and memory and log that fit a million users.
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=512MB -c max_wal_size=4GB \
                        -c autovacuum_naptime=20s";

pub struct Cluster {
    /// Without a database's name.
    pub url: String,
    pub version: String,
    shell: Child,
}

impl Cluster {
    /// Starts the cluster that is in a folder, or makes one there.
    pub fn start(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let owner = owner(&folder)?;
        if !folder.join("data/PG_VERSION").exists() {
            let arguments = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "--pgdata"];
            let mut initdb = Command::new(program("initdb")?);
            let made = as_owner(&mut initdb, owner).args(arguments).arg(folder.join("data")).output()?;
            if !made.status.success() {
                return Err(Failure::new(format!("initdb: {}", String::from_utf8_lossy(&made.stderr))));
            }
        }
        forget_killed(&folder.join("data/postmaster.pid"))?;
        let port = free_address()?.port();
        let (postgres, shown) = (program("postgres")?, folder.display());
        let script = format!(
            "'{}' -D '{shown}/data' -k '{shown}' -p {port} {SETTINGS} >>'{shown}/log' 2>&1 & read -r _; kill -INT $!; wait",
            postgres.display(),
        );
        let mut shell = Command::new("sh");
        let shell = as_owner(&mut shell, owner).args(["-c", &script]).stdin(Stdio::piped()).spawn()?;
        let version = Command::new(postgres).arg("--version").output()?;
        let version = String::from_utf8_lossy(&version.stdout).trim().replace("postgres (PostgreSQL) ", "");
        let cluster = Self { url: format!("postgres://postgres@127.0.0.1:{port}"), version, shell };
        let begun = Instant::now();
        while crate::postgres::Session::open(&format!("{}/postgres", cluster.url)).is_err() {
            if begun.elapsed() > Duration::from_secs(60) {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(Failure::new(format!("PostgreSQL does not start: {log}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(cluster)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Removes what a run that was killed has left.
fn forget_killed(file: &Path) -> Result<()> {
    let Ok(text) = fs::read_to_string(file) else { return Ok(()) };
    let process = text.lines().next().unwrap_or_default();
    let runs = fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim() == "postgres");
    if runs {
        return Err(Failure::new(format!(
            "PostgreSQL runs in this folder already, as process {process}: end the other run first."
        )));
    }
    Ok(fs::remove_file(file)?)
}

/// PostgreSQL refuses to run as root; then the cluster belongs to the user `postgres`, or to nobody.
fn owner(folder: &Path) -> Result<Option<(u32, u32)>> {
    let running_as = fs::metadata("/proc/self")?.uid();
    if running_as != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let ids = |name: &str| -> Option<(u32, u32)> {
        let mut fields = users.lines().find(|line| line.starts_with(&format!("{name}:")))?.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let found = ids("postgres").or_else(|| ids("nobody"));
    let (user, group) = found.ok_or_else(|| Failure::new("PostgreSQL needs a user other than root to run as."))?;
    chown(folder, Some(user), Some(group))?;
    Ok(Some((user, group)))
}

fn as_owner(command: &mut Command, owner: Option<(u32, u32)>) -> &mut Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command.current_dir("/")
}

/// A program from where Debian keeps those of each version, newest first, or from the path.
fn program(name: &str) -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = folders.into_iter().rev().chain(std::env::split_paths(&path)).map(|folder| folder.join(name));
    found.into_iter().find(|program| program.is_file()).ok_or_else(|| {
        Failure::new(
            "PostgreSQL's own programs (initdb, postgres) are missing: `apt-get install postgresql` has them, and tests/run \
             installs them; or measure with `--only sqlite`.",
        )
    })
}
