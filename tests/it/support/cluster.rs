//! A throw-away PostgreSQL cluster for the tests of this process, from the machine's own PostgreSQL programs.
//!
//! It dies with the process: a shell holds it and waits for the end of its standard input. Set
//! SCIM_CONNECTOR_TEST_POSTGRES to the URL of a server to use that one instead.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const HOW_TO_INSTALL: &str = "The PostgreSQL tests need PostgreSQL's own programs (initdb, postgres, psql): \
                              run tests/run, or install them with `apt-get install postgresql`";

/// Keeps the shell's standard input open as long as the process lives.
pub struct Cluster {
    url: String,
    _shell: Option<Child>,
}

/// The URL of a server on which databases can be made, without a database's name.
pub fn url() -> &'static str {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    &CLUSTER.get_or_init(start).url
}

impl Cluster {
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// One more cluster, for what is about two; it ends with the value.
pub fn another_cluster() -> Cluster {
    start_in(&std::env::temp_dir().join(format!("scim-connector-tests-{}-other", std::process::id())))
}

/// Copies a database as `pg_dump` and `pg_restore` do.
pub fn dump_into(source: &str, target: &str) {
    let dump = Command::new(program("pg_dump")).args(["-Fc", "-d", source]).output().expect(HOW_TO_INSTALL);
    assert!(dump.status.success(), "pg_dump: {}", String::from_utf8_lossy(&dump.stderr));
    let mut restore = Command::new(program("pg_restore"));
    let restore = restore.args(["--no-owner", "--exit-on-error", "-d", target]).stdin(Stdio::piped()).spawn();
    let mut restore = restore.expect(HOW_TO_INSTALL);
    let written = restore.stdin.take().expect("it is piped").write_all(&dump.stdout);
    written.expect("pg_restore reads it");
    assert!(restore.wait().expect("it ends").success(), "pg_restore fails");
}

/// Runs one statement on a database of the cluster.
pub fn execute(database: &str, statement: &str) {
    let output = Command::new(program("psql"))
        .args(["-q", "-v", "ON_ERROR_STOP=1", "-d", &format!("{}/{database}", url()), "-c", statement])
        .output()
        .expect(HOW_TO_INSTALL);
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The rows of a query on the database of this URL: a line each, columns divided by `|`.
pub fn query(url: &str, statement: &str) -> Vec<String> {
    let output = Command::new(program("psql"))
        .args(["-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement])
        .output()
        .expect(HOW_TO_INSTALL);
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn start() -> Cluster {
    if let Ok(url) = std::env::var("SCIM_CONNECTOR_TEST_POSTGRES") {
        return Cluster { url: url.trim_end_matches('/').to_owned(), _shell: None };
    }
    start_in(&std::env::temp_dir().join(format!("scim-connector-tests-{}", std::process::id())))
}

fn start_in(folder: &Path) -> Cluster {
    std::fs::create_dir_all(folder).expect("the temporary folder can be written");
    let owner = owner(folder);
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
    let initdb = as_owner(Command::new(program("initdb")), owner)
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "--pgdata"])
        .arg(folder.join("data"))
        .output()
        .expect(HOW_TO_INSTALL);
    assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
    let script = format!(
        "'{postgres}' -D '{folder}/data' -k '{folder}' -p {port} -c listen_addresses=127.0.0.1 -c fsync=off \
         -c full_page_writes=off -c max_connections=400 >'{folder}/log' 2>&1 & read -r _; kill -INT $!; wait; rm -rf '{folder}'",
        postgres = program("postgres").display(),
        folder = folder.display(),
    );
    let shell = as_owner(Command::new("sh"), owner)
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell can be started");
    let cluster = Cluster { url: format!("postgres://postgres@127.0.0.1:{port}"), _shell: Some(shell) };
    let begun = Instant::now();
    while !accepts_connections(&cluster.url) {
        let log = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not start: {}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
    cluster
}

fn accepts_connections(url: &str) -> bool {
    let mut probe = Command::new(program("psql"));
    let probe = probe.args(["-q", "-d", &format!("{url}/postgres"), "-c", "SELECT 1"]).output();
    probe.is_ok_and(|output| output.status.success())
}

/// PostgreSQL refuses to run as root; then the cluster belongs to the user `postgres`, or to nobody.
fn owner(folder: &Path) -> Option<(u32, u32)> {
    if std::fs::metadata(folder).expect("the folder was just made").uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let mut fields = users.lines().find(|line| line.starts_with(&format!("{name}:")))?.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    let (user, group) = ids("postgres").or_else(|| ids("nobody")).expect("a user other than root");
    chown(folder, Some(user), Some(group)).expect("root can give folders away");
    Some((user, group))
}

fn as_owner(mut command: Command, owner: Option<(u32, u32)>) -> Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command.current_dir(std::env::temp_dir());
    command
}

/// A program from the path, or from where Debian keeps those of each version, newest first.
fn program(name: &str) -> PathBuf {
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let found = folders.into_iter().rev().map(|folder| folder.join(name)).find(|program| program.is_file());
    found.unwrap_or_else(|| {
        // Not a panic with a trace alone: this is the one thing that a person has to do.
        let _ = writeln!(std::io::stderr(), "{HOW_TO_INSTALL}");
        panic!("{HOW_TO_INSTALL}")
    })
}
