//! Signed tokens (JWT, RFC 7519): those of other issuers are checked, our own are signed and checked.
//!
//! What is checked, and how, is said by a `Trust` that an administrator has entered, never by the token: its header only
//! names one of the keys.

mod access;
mod address;
mod check;
mod fetch;
mod jwks;
mod keys;
mod refused;

pub use access::{AccessClaims, SigningKey, key_id};
pub use address::{AddressError, check_address};
pub use check::{Assertion, Presented};
pub use keys::{KeySet, KeySetError};
pub use refused::Refused;

use crate::domain::{Keys, Trust};
use std::sync::Arc;

/// Checks tokens of other issuers. Cheap to clone.
#[derive(Clone)]
pub struct Checker {
    jwks: jwks::Jwks,
}

/// How the keys of issuers are fetched.
#[derive(Debug, Clone, Copy)]
pub struct Fetching {
    /// Issuers may have addresses that are not public.
    pub allow_private: bool,
    /// Attempts a minute for one address.
    pub per_minute: usize,
}

impl Checker {
    pub fn new(fetching: Fetching) -> Self {
        Self { jwks: jwks::Jwks::new(fetching) }
    }

    /// Checks signature and claims. `now` is in milliseconds.
    pub async fn check(&self, token: &str, trust: &Trust, now: i64) -> Result<Assertion, Refused> {
        let header = check::header(token, trust)?;
        let known = match &trust.keys {
            Keys::Set(set) => Arc::new(KeySet::read(set).map_err(|_| Refused::Key)?),
            Keys::Uri(uri) => self.jwks.with(uri, &header).await?,
        };
        let key = known.find(&header).ok_or(Refused::Key)?;
        check::claims(token, &header, key, trust, now)
    }
}
