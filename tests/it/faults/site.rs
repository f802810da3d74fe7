//! Where the program runs: a database that outlives its processes, and what the first of them printed.

use super::process::Process;
use crate::support::{Cluster, Database, Folder, query};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The secrets of the first start.
#[derive(Debug, Clone)]
pub struct Secrets {
    pub token: String,
    pub admin_key: String,
}

/// A database, the settings for its servers, and their common log.
pub struct Site {
    pub database: Database,
    pub folder: Folder,
    url: String,
    settings: Vec<(String, String)>,
    secrets: OnceLock<Secrets>,
}

impl Site {
    pub fn new(database: Database) -> Self {
        let folder = Folder::new();
        let url = match database {
            Database::Sqlite => format!("sqlite:{}", folder.database().display()),
            Database::Postgres => {
                static NUMBER: AtomicUsize = AtomicUsize::new(0);
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                cluster().database(&format!("faults_{number}"))
            }
        };
        Self::on(database, folder, url)
    }

    /// On a database of the caller's.
    pub fn on(database: Database, folder: Folder, url: String) -> Self {
        // Writers send as fast as they can.
        let settings = vec![("SCIM_CONNECTOR_LIMITS__REQUESTS_PER_SECOND".to_owned(), "0".to_owned())];
        Self { database, folder, url, settings, secrets: OnceLock::new() }
            .with("LOG__LEVEL", "warn")
            .with("LIMITS__ADMIN_REQUESTS_PER_SECOND", "0")
    }

    /// The same with one more setting of every server.
    pub fn with(mut self, setting: &str, value: &str) -> Self {
        self.settings.push((format!("SCIM_CONNECTOR_{setting}"), value.to_owned()));
        self
    }

    /// Starts a server. On PostgreSQL its connections go by `name`.
    pub fn start(&self, name: &str) -> Process {
        self.start_by(name, &[])
    }

    /// The same, with the program started by another one.
    pub fn start_by(&self, name: &str, wrapper: &[&str]) -> Process {
        let (process, printed) = tokio::task::block_in_place(|| {
            Process::start(wrapper, &self.url_of(name), &self.settings, self.log().as_path())
        });
        if let Some(token) = printed["token"].as_str() {
            let admin_key = printed["adminKey"].as_str().expect("it is printed with the token").to_owned();
            let _ = self.secrets.set(Secrets { token: token.to_owned(), admin_key });
        }
        process
    }

    pub fn secrets(&self) -> &Secrets {
        self.secrets.get().expect("a server was started")
    }

    /// What all servers wrote down.
    pub fn log(&self) -> PathBuf {
        self.folder.0.join("log")
    }

    /// Nothing that was logged is a mistake of the program.
    pub fn check_log(&self) {
        let log = std::fs::read_to_string(self.log()).expect("the log");
        let bad: Vec<&str> = log.lines().filter(|line| line.contains("panicked")).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }

    /// What `doctor` says about the database.
    pub fn doctor(&self) -> String {
        self.folder.run(&["doctor", "--database", &self.url])
    }

    /// Waits until PostgreSQL has done what a killed server had asked of it: until then a COMMIT that was on its way
    /// may still take effect.
    pub fn settle(&self, name: &str) {
        let sessions = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
        let begun = Instant::now();
        while self.database == Database::Postgres && query(&self.url, &sessions) != ["0"] {
            assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL keeps the sessions of {name}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn url_of(&self, name: &str) -> String {
        match self.database {
            Database::Sqlite => self.url.clone(),
            Database::Postgres => format!("{}?application_name={name}", self.url),
        }
    }
}

/// A cluster that flushes what it commits, for the tests that leave it alone.
fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(""))
}
