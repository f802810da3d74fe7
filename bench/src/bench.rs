//! What all workloads of one size share: servers on both databases, the baselines beside them, the figures.

use crate::baseline::{Process, Raw, flush_micros};
use crate::client::Target;
use crate::drive::{Slice, Until, drive, drive_all, expect};
use crate::failure::{Failure, Result};
use crate::figures::{Beside, Figure};
use crate::people::{self, People};
use crate::server::{Program, Server};
use crate::store::{Database, Store};
use crate::table;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// A server on a copy of a seeded database.
pub struct Side {
    pub database: Database,
    pub users: u64,
    pub store: Store,
    pub server: Server,
    pub people: People,
    /// Whether each of them is active now, so that every PATCH changes something.
    pub active: Vec<AtomicBool>,
    /// The number of the next user who is created.
    next: AtomicU64,
    /// PostgreSQL by itself.
    pub raw: Option<Raw>,
}

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Of a slice.
    pub seconds: f64,
    /// Slices of each workload.
    pub rounds: u32,
    /// Operations of a bulk request.
    pub bulk: u32,
    /// Starts of the server on each database.
    pub starts: u32,
    /// Seconds that the long load takes; 0 for none.
    pub soak: f64,
}

pub struct Bench {
    pub program: Program,
    pub folder: PathBuf,
    pub pace: Pace,
    pub hello: Process,
    /// On as many users as the servers are.
    pub ceiling: Process,
    ceiling_next: AtomicU64,
    pub sides: Vec<Side>,
    pub figures: Vec<Figure>,
}

impl Side {
    pub fn new(database: Database, users: u64, store: Store, server: Server) -> Result<Self> {
        let people = store.people()?;
        let next = users + 1;
        let raw = match database {
            Database::Sqlite => None,
            Database::Postgres => {
                let (number, id) = people.at(0);
                // Far behind those that the server creates.
                Some(Raw::new(&store, &server, number, id, next + 4_000_000)?)
            }
        };
        let active = people.0.iter().map(|_| AtomicBool::new(true)).collect();
        Ok(Self { database, users, store, server, people, active, next: AtomicU64::new(next), raw })
    }

    pub fn next_number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

impl Bench {
    pub fn new(program: Program, folder: PathBuf, pace: Pace, users: u64, sides: Vec<Side>) -> Result<Self> {
        let path = folder.join("ceiling.db");
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        crate::baseline::fill_ceiling(&path, users)?;
        let path = path.to_str().ok_or_else(|| Failure::new("The folder's name is not UTF-8."))?.to_owned();
        let ceiling = Process::start("serve-ceiling", &[&path])?;
        let hello = Process::start("serve-hello", &[])?;
        let ceiling_next = AtomicU64::new(users + 1);
        Ok(Self { program, folder, pace, hello, ceiling, ceiling_next, sides, figures: Vec::new() })
    }

    pub fn until(&self) -> Until {
        Until { seconds: self.pace.seconds, calls: u64::MAX }
    }

    /// So many that the database does not become another one.
    pub fn until_written(&self, users: u64) -> Until {
        Until { seconds: self.pace.seconds, calls: (users / 10).max(2_000) }
    }

    /// A slice of hello-world.
    pub fn beside_hello(&self, connections: usize) -> Beside {
        let until = Until { seconds: self.pace.seconds / 2.0, calls: u64::MAX };
        let slice = drive(&self.hello.target, connections, until, |client, _| {
            expect(client, ("GET", "/Users/1", None), &[200], |_| true)
        });
        Beside::new("hello-world", &slice)
    }

    /// A slice of creates: of the ceiling beside SQLite, of PostgreSQL by itself beside PostgreSQL.
    pub fn beside_creates(&self, side: &Side, connections: usize) -> Result<Beside> {
        let until = self.until_written(side.users);
        Ok(match &side.raw {
            Some(raw) => Beside::new("raw tokio-postgres", &raw.creates(connections, until)?),
            None => Beside::new("ceiling", &creates(&self.ceiling.target, &self.ceiling_next, connections, until)),
        })
    }

    pub fn beside_patches(&self, side: &Side, connections: usize) -> Result<Beside> {
        let until = self.until_written(side.users);
        Ok(match &side.raw {
            Some(raw) => Beside::new("raw tokio-postgres", &raw.patches(connections, until, &side.people)?),
            None => {
                let count = side.people.count();
                let slice = drive(&self.ceiling.target, connections, until, |client, turn| {
                    let number = u64::try_from(turn.below(count)).unwrap_or(0) + 1;
                    let path = format!("/Users/{}", crate::baseline::ceiling_id(number));
                    let active = turn.number % 2 == 1;
                    expect(client, ("PATCH", &path, Some(&people::patch_active(active))), &[200], |_| true)
                });
                Beside::new("ceiling", &slice)
            }
        })
    }

    /// A slice of reads by id of the ceiling.
    pub fn ceiling_reads(&self, side: &Side, connections: usize) -> Slice {
        let until = Until { seconds: self.pace.seconds / 2.0, calls: u64::MAX };
        drive(&self.ceiling.target, connections, until, |client, turn| {
            let (number, _) = side.people.at(turn.below(side.people.count()));
            let (path, name) = (format!("/Users/{}", crate::baseline::ceiling_id(number)), people::user_name(number));
            expect(client, ("GET", &path, None), &[200], |client| client.contains(&name))
        })
    }

    /// A slice of reads of one user by id at one connection, of this very server.
    pub fn beside_reads(&self, side: &Side) -> Beside {
        let until = Until { seconds: self.pace.seconds / 2.0, calls: u64::MAX };
        Beside::new("a read by id", &reads(std::slice::from_ref(&side.server.target), &side.people, 1, until))
    }

    pub fn creates(&self, side: &Side, connections: usize, until: Until) -> Slice {
        creates(&side.server.target, &side.next, connections, until)
    }

    pub fn flush(&self) -> Result<f64> {
        flush_micros(&self.folder, Duration::from_millis(150))
    }

    pub fn figure(&self, side: &Side, workload: &str, connections: usize, round: u32, slice: &Slice) -> Figure {
        Figure::new(workload, side.database, side.users, connections, round, slice)
    }

    /// Keeps figures, and shows them while the run goes on.
    pub fn keep(&mut self, figures: impl IntoIterator<Item = Figure>) {
        for figure in figures {
            table::progress(&figure);
            self.figures.push(figure);
        }
    }
}

fn creates(target: &Target, next: &AtomicU64, connections: usize, until: Until) -> Slice {
    drive(target, connections, until, |client, _| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let (name, body) = (people::user_name(number), people::body(number));
        expect(client, ("POST", "/Users", Some(&body)), &[201], |client| client.contains(&name))
    })
}

pub fn reads(targets: &[Target], people: &People, connections: usize, until: Until) -> Slice {
    drive_all(targets, connections, until, |client, turn| {
        let (number, id) = people.at(turn.below(people.count()));
        let name = people::user_name(number);
        expect(client, ("GET", &format!("/Users/{id}"), None), &[200], |client| client.contains(&name))
    })
}
