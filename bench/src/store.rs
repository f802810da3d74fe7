//! A database of the server, seen from outside: to copy it, to fill it, to look into it.

use crate::failure::{Failure, Result};
use crate::people::{People, user_name};
use crate::postgres::Session;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::{fs, io};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Database {
    Sqlite,
    Postgres,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Where databases are kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder with a file each.
    Folder(PathBuf),
    /// The URL of a cluster without a database's name.
    Cluster(String),
}

#[derive(Debug, Clone)]
pub enum Store {
    Sqlite(PathBuf),
    Postgres { cluster: String, name: String },
}

/// A column of a table, and the kind of its type that matters when a row is copied.
pub struct Column {
    pub name: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Id,
    Other,
}

impl Place {
    pub fn store(&self, name: &str) -> Store {
        match self {
            Self::Folder(folder) => Store::Sqlite(folder.join(format!("{name}.db"))),
            Self::Cluster(url) => Store::Postgres { cluster: url.clone(), name: name.to_owned() },
        }
    }
}

impl Store {
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres { cluster, name } => format!("{cluster}/{name}"),
        }
    }

    pub fn exists(&self) -> Result<bool> {
        match self {
            Self::Sqlite(path) => Ok(path.exists()),
            Self::Postgres { cluster, name } => {
                let session = Session::open(&format!("{cluster}/postgres"))?;
                Ok(!session.query("SELECT 1 FROM pg_database WHERE datname = $1", &[name])?.is_empty())
            }
        }
    }

    /// Makes it where the server does not do so itself.
    pub fn create(&self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres { cluster, name } => {
                Session::open(&format!("{cluster}/postgres"))?.execute(&format!("CREATE DATABASE {name}"))
            }
        }
    }

    pub fn remove(&self) -> Result<()> {
        match self {
            Self::Sqlite(path) => {
                for ending in [".db", ".db-wal", ".db-shm", ".db.lock", "-log.db", "-log.db-wal", "-log.db-shm"] {
                    let _ = fs::remove_file(beside(path, ending));
                }
                Ok(())
            }
            Self::Postgres { cluster, name } => {
                let session = Session::open(&format!("{cluster}/postgres"))?;
                session.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            }
        }
    }

    /// Becomes a copy of another one that nobody uses.
    pub fn copy_from(&self, other: &Self) -> Result<()> {
        self.remove()?;
        match (self, other) {
            (Self::Sqlite(path), Self::Sqlite(from)) => {
                Connection::open(from)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
                let copied = fs::copy(from, path)?;
                // Written back now, not while something is measured.
                fs::File::open(path)?.sync_all()?;
                if copied == 0 { Err(Failure::new("An empty database was copied.")) } else { Ok(()) }
            }
            (Self::Postgres { cluster, name }, Self::Postgres { name: from, .. }) => {
                let session = Session::open(&format!("{cluster}/postgres"))?;
                let copies_files = session.text("SELECT current_setting('server_version_num')::int >= 150000");
                let how = if copies_files.as_deref() == Some("t") { " STRATEGY file_copy" } else { "" };
                session.execute(&format!("CREATE DATABASE {name} TEMPLATE {from}{how}"))?;
                session.execute("CHECKPOINT")
            }
            _ => Err(Failure::new("A database is copied to another of its own kind.")),
        }
    }

    /// Reads a file once, so that the machine has in memory what fits there: filling another database may have thrown it out.
    pub fn warm(&self) -> Result<()> {
        if let Self::Sqlite(path) = self {
            io::copy(&mut fs::File::open(path)?, &mut io::sink())?;
        }
        Ok(())
    }

    /// Gives it another name.
    pub fn rename(&self, to: &Self) -> Result<()> {
        match (self, to) {
            (Self::Sqlite(path), Self::Sqlite(to)) => {
                Connection::open(path)?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
                fs::rename(path, to)?;
                self.remove()
            }
            (Self::Postgres { cluster, name }, Self::Postgres { name: to, .. }) => {
                let session = Session::open(&format!("{cluster}/postgres"))?;
                session.execute(&format!("ALTER DATABASE {name} RENAME TO {to}"))
            }
            _ => Err(Failure::new("A database is renamed within its own kind.")),
        }
    }

    pub fn columns(&self, table: &str) -> Result<Vec<Column>> {
        let kind = |of: &str| match of.to_ascii_lowercase().as_str() {
            "text" => Kind::Text,
            "blob" | "uuid" => Kind::Id,
            _ => Kind::Other,
        };
        let columns: Vec<(String, String)> = match self {
            Self::Sqlite(path) => {
                let connection = Connection::open(path)?;
                let mut query = connection.prepare("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid")?;
                let rows = query.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
                rows.collect::<rusqlite::Result<_>>()?
            }
            Self::Postgres { .. } => {
                let query = "SELECT column_name::text, data_type::text FROM information_schema.columns \
                             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position";
                let rows = Session::open(&self.url())?.query(query, &[&table])?;
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
        };
        if columns.is_empty() {
            return Err(Failure::new(format!(
                "The server's database has no table {table}: bench/src/seed.rs names it."
            )));
        }
        Ok(columns.into_iter().map(|(name, of)| Column { name, kind: kind(&of) }).collect())
    }

    /// The ids of users 1, 2, 3 … as far as they are stored.
    pub fn people(&self) -> Result<People> {
        let query = "SELECT id, user_name_key FROM users WHERE user_name_key >= 'user0000000' AND \
                     user_name_key < 'user:' ORDER BY user_name_key";
        let rows: Vec<(Uuid, String)> = match self {
            Self::Sqlite(path) => {
                let connection = Connection::open(path)?;
                let mut query = connection.prepare(query)?;
                let rows = query.query_map([], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get(1)?)))?;
                rows.collect::<rusqlite::Result<_>>()?
            }
            Self::Postgres { .. } => {
                let query = query.replace("SELECT id", "SELECT id::text");
                let rows = Session::open(&self.url())?.query(&query, &[])?;
                rows.iter().map(|row| (Uuid::parse_str(row.get(0)).unwrap_or_default(), row.get(1))).collect()
            }
        };
        for ((_, name), number) in rows.iter().zip(1..) {
            if *name != user_name(number) {
                return Err(Failure::new(format!("{} is stored where {} should be.", name, user_name(number))));
            }
        }
        Ok(People(rows.into_iter().map(|(id, _)| id).collect()))
    }

    /// Bytes on disk.
    pub fn size(&self) -> u64 {
        match self {
            Self::Sqlite(path) => fs::metadata(path).map_or(0, |file| file.len()),
            Self::Postgres { .. } => {
                let size = Session::open(&self.url())
                    .ok()
                    .and_then(|session| session.text("SELECT pg_database_size(current_database())"));
                size.and_then(|size| size.parse().ok()).unwrap_or(0)
            }
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}{ending}"))
}
