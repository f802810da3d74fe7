//! Databases of each size: seeded once, and copied for every measurement, so that what is measured never changes them.

use crate::failure::Result;
use crate::seed;
use crate::server::Program;
use crate::store::{Place, Store};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// A seeded database and the credential that is good for it.
pub struct Seeded {
    pub store: Store,
    pub token: String,
    /// How long that took now; nothing when it was there already.
    pub seconds: Option<f64>,
}

/// Seeds the databases of one kind, the smallest first, each from the one before.
pub struct Seeder {
    program: Program,
    place: Place,
    /// For logs, and for the credential of each database.
    folder: PathBuf,
    /// Users that are created over HTTP; further ones come by SQL.
    over_http: u64,
    before: Option<(u64, Store, String)>,
}

impl Seeder {
    pub fn new(program: Program, place: Place, folder: &Path, over_http: u64) -> Self {
        Self { program, place, folder: folder.to_owned(), over_http, before: None }
    }

    pub fn seed(&mut self, users: u64) -> Result<Seeded> {
        let store = self.place.store(&format!("seed_{users}"));
        let token_file = self.folder.join(format!("seed_{users}.token"));
        let (token, seconds) = if store.exists()? {
            (fs::read_to_string(&token_file)?, None)
        } else {
            let begun = Instant::now();
            let growing = self.place.store("growing");
            let token = self.grow(&growing, users)?;
            growing.rename(&store)?;
            fs::write(&token_file, &token)?;
            (token, Some(begun.elapsed().as_secs_f64()))
        };
        self.before = Some((users, store.clone(), token.clone()));
        Ok(Seeded { store, token, seconds })
    }

    /// Makes a database of so many users; the credential for it.
    fn grow(&self, growing: &Store, users: u64) -> Result<String> {
        growing.remove()?;
        let (mut have, mut token) = (0, String::new());
        match &self.before {
            Some((users, store, known)) => {
                growing.copy_from(store)?;
                (have, token) = (*users, known.clone());
            }
            None => growing.create()?,
        }
        let by_http = users.min(self.over_http);
        if have < by_http {
            let server = self.program.serve(&growing.url(), &self.folder, &token)?;
            token.clone_from(&server.target.token);
            seed::over_http(&server.target, have + 1, by_http)?;
            server.stop()?;
            have = by_http;
        }
        if have < users {
            seed::directly(growing, have + 1, users)?;
            let server = self.program.serve(&growing.url(), &self.folder, &token)?;
            seed::check(&server, users)?;
            server.stop()?;
        }
        Ok(token)
    }
}
