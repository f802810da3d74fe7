//! Copies of one database, each to be broken in its own way.

use crate::support::{Database, Server, query};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use scim_connector::config::Config;
use scim_connector::storage::{DatabaseUrl, Db};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The database of a server that has ended.
pub struct Copies {
    url: DatabaseUrl,
    server: Server,
}

impl Copies {
    pub fn of(mut server: Server) -> Self {
        server.stop();
        let url = server.url.clone();
        if let DatabaseUrl::Postgres(url) = &url {
            let (cluster, name) = url.rsplit_once('/').expect("a name");
            let cluster = format!("{cluster}/postgres");
            query(&cluster, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
            let end = format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'");
            query(&cluster, &end);
        }
        Self { url, server }
    }

    pub fn database(&self) -> Database {
        self.server.database
    }

    /// One more copy, after these statements: the URL of it.
    pub async fn broken_by(&self, statements: &str) -> DatabaseUrl {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let copy = path.with_file_name(format!("copy-{number}.db"));
                self.server.app.service.db.backup(&copy).expect("it is copied");
                change_sqlite(&copy, statements);
                DatabaseUrl::Sqlite(copy)
            }
            DatabaseUrl::Postgres(url) => {
                let (cluster, name) = url.rsplit_once('/').expect("a name");
                let copy = format!("{name}_copy_{number}");
                query(&format!("{cluster}/postgres"), &format!("CREATE DATABASE {copy} TEMPLATE {name}"));
                let url = format!("{cluster}/{copy}");
                query(&url, &format!("SET session_replication_role = replica; {statements}"));
                DatabaseUrl::Postgres(url)
            }
        }
    }
}

/// Runs statements on a file, whatever its foreign keys say.
pub fn change_sqlite(path: &Path, statements: &str) {
    let mut connection = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("it opens");
    let settings = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = OFF;";
    connection
        .batch_execute(&format!("{settings} {statements}"))
        .unwrap_or_else(|error| panic!("{statements}: {error}"));
}

pub async fn open(url: &DatabaseUrl) -> Db {
    Db::open(url, Config::load(None).expect("the defaults are good").storage_options()).await.expect("it opens")
}
