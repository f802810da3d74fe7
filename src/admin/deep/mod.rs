//! `doctor --deep`: whether everything that always holds does hold, in one state of a database that may be in use.
//!
//! Each check has a time of its own and memory that does not grow with the database. What the rows cannot show is judged by
//! tests alone: flags that new memberships begin with, and how the two interfaces of groups differ.

mod administrators;
mod checks;
mod walk;

use crate::domain::Id;
use crate::storage::deep::{Found, Probe, TABLES};
use crate::storage::{Db, Error, Health, Tx};
use checks::{CHECKS, Check, Look, WALKED};
use std::time::{Duration, Instant};

/// Offenders that are named.
const FEW: usize = 5;

/// Offenders of one check, the first few of them named.
#[derive(Debug, Default)]
struct Offenders {
    named: Vec<Offender>,
    more: bool,
}

#[derive(Debug)]
struct Offender {
    account: Option<Id>,
    id: Option<Id>,
    what: Option<String>,
}

/// When a check has to be done.
#[derive(Debug, Clone, Copy)]
struct Deadline {
    begun: Instant,
    time: Duration,
}

/// Runs every check.
pub async fn deep_checks(db: &Db, time: Duration) -> Result<Vec<Health>, Error> {
    let has_file = matches!(db, Db::Sqlite { .. });
    let work = async move |tx: &mut Tx<'_>| {
        let mut facts = Vec::new();
        for check in CHECKS.iter().filter(|check| has_file || check.look != Look::Probes(&[Probe::BrokenFile])) {
            let found = timed(tx, time, true, async |tx, _| look(tx, check.look).await).await?;
            facts.push(check.fact(found.as_ref().map_err(String::as_str)));
        }
        let walked = timed(tx, time, false, async |tx, deadline| walk::walk(tx, deadline).await).await?;
        for (place, check) in WALKED.iter().enumerate() {
            facts.push(check.fact(walked.as_ref().map(|found| &found[place]).map_err(String::as_str)));
        }
        Ok::<_, Error>(facts)
    };
    db.scan(work).await
}

/// What a look found, or why there is no telling. An error of the database belongs to the check that met it.
async fn timed<T>(
    tx: &mut Tx<'_>,
    time: Duration,
    whole_tables: bool,
    look: impl AsyncFnOnce(&mut Tx<'_>, Deadline) -> Result<T, Error>,
) -> Result<Result<T, String>, Error> {
    let deadline = Deadline { begun: Instant::now(), time };
    tx.begin_check(time, whole_tables).await?;
    let found = look(tx, deadline).await;
    tx.end_check().await?;
    Ok(match found {
        Ok(found) => Ok(found),
        Err(Error::Unavailable(_)) if deadline.is_over() => {
            let seconds = time.as_secs_f64();
            Err(format!("not finished within {seconds} s; give it more with --time-limit, at a quiet hour"))
        }
        Err(error) => Err(format!("could not be looked at: {error}")),
    })
}

async fn look(tx: &mut Tx<'_>, look: Look) -> Result<Offenders, Error> {
    let mut found = Offenders::default();
    match look {
        Look::Probes(probes) => {
            for probe in probes {
                found.add(tx.probe(*probe, LIMIT).await?);
            }
        }
        Look::Tables => {
            for table in 0..TABLES.len() {
                found.add(tx.probe(Probe::RowOfNoAccount(table), LIMIT).await?);
            }
            for probe in [Probe::UserOfForeignConnection, Probe::GroupOfForeignConnection] {
                found.add(tx.probe(probe, LIMIT).await?);
            }
        }
        Look::Organizations => {
            found.add(tx.probe(Probe::UserInUnknownOrganization, LIMIT).await?);
            administrators::parked(tx, &mut found).await?;
        }
        Look::Administrators => administrators::lost(tx, &mut found).await?,
    }
    Ok(found)
}

/// One more than is named tells that there are more.
#[expect(clippy::cast_possible_wrap, reason = "it is six")]
const LIMIT: i64 = FEW as i64 + 1;

impl Offenders {
    fn push(&mut self, account: Option<Id>, id: Option<Id>, what: Option<String>) {
        if self.named.len() == FEW {
            self.more = true;
        } else {
            self.named.push(Offender { account, id, what });
        }
    }

    fn add(&mut self, rows: Vec<Found>) {
        for Found { account, id, what } in rows {
            self.push(account.map(Id::from), id.map(Id::from), what);
        }
    }
}

impl Deadline {
    fn is_over(self) -> bool {
        self.begun.elapsed() >= self.time
    }

    /// Ends a walk that takes too long between two stretches of it.
    fn check(self) -> Result<(), Error> {
        if self.is_over() { Err(Error::Unavailable("the check takes too long".to_owned())) } else { Ok(()) }
    }
}

impl Check {
    fn fact(&self, found: Result<&Offenders, &str>) -> Health {
        let (good, value) = match found {
            Ok(found) if found.named.is_empty() => (true, "holds".to_owned()),
            Ok(found) => (false, format!("{}: {}. {}", self.wrong, found.text(), self.remedy)),
            Err(why) => (false, why.to_owned()),
        };
        Health { name: self.name.to_owned(), value, good }
    }
}

impl Offenders {
    /// Accounts once each, then what is in them.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut last = None;
        for Offender { account, id, what } in &self.named {
            if !text.is_empty() {
                text.push_str(if last == Some(*account) { ", " } else { "; " });
            }
            if let Some(account) = account.filter(|_| last != Some(*account)) {
                text.push_str(&format!("account {account}: "));
            }
            last = Some(*account);
            text.push_str(&match (id, what) {
                (Some(id), Some(what)) => format!("{id} ({what})"),
                (Some(id), None) => id.to_string(),
                (None, Some(what)) => what.clone(),
                (None, None) => "the account itself".to_owned(),
            });
        }
        if self.more {
            text.push_str(", and more");
        }
        text
    }
}
