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
    pub program: Program,
    pub place: Place,
    /// For logs, and for the token.
    pub folder: PathBuf,
    /// Users that are created over HTTP; further ones come by SQL.
    pub over_http: u64,
    before: Option<(u64, Store)>,
}

impl Seeder {
    pub fn new(program: Program, place: Place, folder: &Path, over_http: u64) -> Self {
        Self { program, place, folder: folder.to_owned(), over_http, before: None }
    }

    pub fn seed(&mut self, users: u64) -> Result<Seeded> {
        let store = self.place.store(&format!("seed_{users}"));
        let token_file = self.folder.join("token");
        let token = || fs::read_to_string(&token_file).unwrap_or_default();
        if store.exists()? {
            self.before = Some((users, store.clone()));
            return Ok(Seeded { store, token: token(), seconds: None });
        }
        let begun = Instant::now();
        let growing = self.place.store("growing");
        growing.remove()?;
        let mut have = 0;
        match &self.before {
            Some((users, store)) => {
                growing.copy_from(store)?;
                have = *users;
            }
            None => growing.create()?,
        }
        let by_http = users.min(self.over_http);
        if have < by_http {
            let server = self.program.serve(&growing.url(), &self.folder, &token())?;
            if let Some(made) = &server.made_token {
                fs::write(&token_file, made)?;
            }
            seed::over_http(&server.target, have + 1, by_http)?;
            server.stop()?;
            have = by_http;
        }
        if have < users {
            seed::directly(&growing, have + 1, users)?;
            let server = self.program.serve(&growing.url(), &self.folder, &token())?;
            seed::check(&server, users)?;
            server.stop()?;
        }
        growing.rename(&store)?;
        self.before = Some((users, store.clone()));
        Ok(Seeded { store, token: token(), seconds: Some(begun.elapsed().as_secs_f64()) })
    }
}
