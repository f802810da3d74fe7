//! Throw-away PostgreSQL clusters, from the machine's own PostgreSQL programs: one for all tests of this process, and others
//! for tests that break theirs.
//!
//! They die with the process: a shell holds each and waits for the end of its standard input. Set
//! SCIM_CONNECTOR_TEST_POSTGRES to the URL of a server to use that one as the common cluster.

use std::fs::File;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const HOW_TO_INSTALL: &str = "The PostgreSQL tests need PostgreSQL's own programs (initdb, postgres, psql): \
                              run tests/run, or install them with `apt-get install postgresql`";

/// What nobody needs whose data may be lost.
pub const FORGETFUL: &str = "fsync = off\nfull_page_writes = off\n";

/// A running cluster.
pub struct Cluster {
    url: String,
    folder: PathBuf,
    owner: Option<(u32, u32)>,
    /// Its standard input is open as long as the process lives.
    _shell: Option<Child>,
}

/// The URL of a server on which databases can be made, without a database's name.
pub fn url() -> &'static str {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    let common = || match std::env::var("SCIM_CONNECTOR_TEST_POSTGRES") {
        Ok(url) => {
            let url = url.trim_end_matches('/').to_owned();
            Cluster { url, folder: PathBuf::new(), owner: None, _shell: None }
        }
        Err(_) => Cluster::start(FORGETFUL),
    };
    &CLUSTER.get_or_init(common).url
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

impl Cluster {
    /// A new cluster; `settings` are lines of its configuration.
    pub fn start(settings: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("scim-connector-tests-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let owner = owner(&folder);
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let initdb = as_owner(Command::new(program("initdb")), owner)
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "--pgdata"])
            .arg(folder.join("data"))
            .output()
            .expect(HOW_TO_INSTALL);
        assert!(initdb.status.success(), "initdb: {}", String::from_utf8_lossy(&initdb.stderr));
        let configuration = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nmax_connections = 400\n{settings}",
            folder.display()
        );
        let mut file = File::options().append(true).open(folder.join("data/postgresql.conf")).expect("initdb made it");
        file.write_all(configuration.as_bytes()).expect("it can be written");
        let script = format!(
            "'{pg_ctl}' -D '{folder}/data' -l '{folder}/log' start >/dev/null 2>&1; \
             read -r _; '{pg_ctl}' -D '{folder}/data' -m immediate stop >/dev/null 2>&1; rm -rf '{folder}'",
            pg_ctl = program("pg_ctl").display(),
            folder = folder.display(),
        );
        let shell = as_owner(Command::new("sh"), owner)
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell can be started");
        let url = format!("postgres://postgres@127.0.0.1:{port}");
        let cluster = Self { url, folder, owner, _shell: Some(shell) };
        let begun = Instant::now();
        while !accepts_connections(&cluster.url) {
            let log = || std::fs::read_to_string(cluster.folder.join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not start: {}", log());
            std::thread::sleep(Duration::from_millis(50));
        }
        cluster
    }

    /// The URL without a database's name.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A new, empty database; its URL.
    pub fn database(&self, name: &str) -> String {
        query(&format!("{}/postgres", self.url), &format!("CREATE DATABASE {name}"));
        format!("{}/{name}", self.url)
    }

    /// Lets `pg_ctl` start, stop or restart it, and waits until that is done.
    pub fn control(&self, arguments: &[&str]) {
        let control = as_owner(Command::new(program("pg_ctl")), self.owner)
            .args(["-w", "-D", &self.folder.join("data").display().to_string()])
            .args(["-l", &self.folder.join("log").display().to_string()])
            .args(arguments)
            .stdout(Stdio::null())
            .status();
        assert!(control.is_ok_and(|status| status.success()), "pg_ctl {arguments:?}");
    }
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
