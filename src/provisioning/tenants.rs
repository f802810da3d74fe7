//! Accounts and connections as requests need them: read from the database and parsed once for each version.
//!
//! Whoever authenticates learns the versions that hold now, so a change counts for the next request on every replica.

use super::Error;
use super::rules::BoundRule;
use crate::domain::{Account, Connection, Id, Network};
use crate::storage::{Error as StorageError, Tx};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// A connection with its rules bound to the schema and its addresses read.
#[derive(Debug)]
pub struct Source {
    pub connection: Connection,
    pub rules: Vec<BoundRule>,
    /// Where it may come from; empty: from anywhere.
    networks: Vec<Network>,
}

impl Source {
    pub fn new(connection: Connection) -> Result<Self, Error> {
        let bound = connection.rules.rules.iter().cloned().map(BoundRule::bind);
        // A rule was checked when it was made.
        let rules = bound.collect::<Result<_, _>>().map_err(|error| StorageError::Internal(error.to_string()))?;
        let networks = connection.settings.allowed_addresses.iter().map(|text| text.parse());
        let networks = networks.collect::<Result<_, _>>()?;
        Ok(Self { connection, rules, networks })
    }

    /// Nobody's connection, for an administrator.
    pub fn none(account: Id) -> Self {
        Self { connection: Connection::none(account), rules: Vec::new(), networks: Vec::new() }
    }

    /// Refuses who comes from elsewhere.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Error> {
        let allowed = self.networks.is_empty() || self.networks.iter().any(|network| network.contains(address));
        if allowed { Ok(()) } else { Err(Error::AddressNotAllowed(address)) }
    }

    /// Whether a rule has a condition on the organization.
    pub fn asks_for_organization(&self) -> bool {
        self.rules.iter().any(|rule| rule.asks_for_organization)
    }

    /// Whether a rule gives or gave memberships, so that those of a user have to be looked at.
    pub fn places_in_groups(&self) -> bool {
        let gives = |rule: &BoundRule| !rule.rule.set.groups.is_empty() || rule.rule.set.primary_group.is_some();
        self.rules.iter().any(gives) || !self.connection.rules.retired.is_empty()
    }
}

#[derive(Debug, Default)]
pub struct Tenants {
    accounts: Mutex<HashMap<Id, Arc<Account>>>,
    sources: Mutex<HashMap<Id, Arc<Source>>>,
}

impl Tenants {
    /// An account that has this version now.
    pub async fn account(&self, tx: &mut Tx<'_>, id: Id, version: i64) -> Result<Arc<Account>, Error> {
        let known = lock(&self.accounts).get(&id).filter(|account| account.version == version).cloned();
        if let Some(account) = known {
            return Ok(account);
        }
        let row = tx.account(id).await?.ok_or_else(|| gone("account", id))?;
        let account = Arc::new(row.account()?);
        lock(&self.accounts).insert(id, Arc::clone(&account));
        Ok(account)
    }

    /// A connection as it was when it was asked for last.
    pub fn known(&self, id: Id) -> Option<Arc<Source>> {
        lock(&self.sources).get(&id).cloned()
    }

    /// A connection that has this version now.
    pub async fn source(&self, tx: &mut Tx<'_>, account: Id, id: Id, version: i64) -> Result<Arc<Source>, Error> {
        let known = lock(&self.sources).get(&id).filter(|source| source.connection.version == version).cloned();
        if let Some(source) = known {
            return Ok(source);
        }
        let row = tx.connection(account, id).await?.ok_or_else(|| gone("connection", id))?;
        let source = Arc::new(Source::new(row.connection()?)?);
        lock(&self.sources).insert(id, Arc::clone(&source));
        Ok(source)
    }
}

fn gone(what: &str, id: Id) -> StorageError {
    StorageError::Internal(format!("{what} {id} is gone"))
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
