//! Credentials: a plain secret is shown once and only its hash can be stored.

use super::Id;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;

/// What a secret opens; its first letters say so to a person who finds one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// The SCIM interface, as one connection.
    Token,
    /// The admin API of one account.
    AdminKey,
    /// The token endpoint, as one OAuth client.
    ClientSecret,
}

/// What somebody has proved himself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    Token,
    AdminKey,
    /// An access token that was given to an OAuth client.
    OAuthClient,
    ClientSecret,
    /// A token of the customer's own issuer.
    TrustedIssuer,
}

/// A secret as the client sends it. It cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainSecret(String);

/// What is stored of a secret: SHA-256 is enough, because there are 256 random bits to guess.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HashedSecret(pub Vec<u8>);

impl PlainSecret {
    /// A new secret of 256 random bits from the operating system.
    pub fn generate(kind: SecretKind) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let prefix = match kind {
            SecretKind::Token => "sct_",
            SecretKind::AdminKey => "sca_",
            SecretKind::ClientSecret => "scs_",
        };
        Ok(Self(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// What a client sent.
    pub fn received(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text to show, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> HashedSecret {
        HashedSecret(Sha256::digest(self.0.as_bytes()).to_vec())
    }
}

impl fmt::Debug for PlainSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainSecret(…)")
    }
}

/// When a credential is good. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifetime {
    pub created: i64,
    pub expires: Option<i64>,
    pub revoked: Option<i64>,
    pub last_used: Option<i64>,
}

impl Lifetime {
    pub fn from(created: i64, expires: Option<i64>) -> Self {
        Self { created, expires, revoked: None, last_used: None }
    }

    /// Counts the changes that a person makes; being used is none.
    pub fn version(&self) -> i64 {
        1 + i64::from(self.revoked.is_some())
    }

    /// Whether it is good and ends within a span of milliseconds.
    pub fn ends_within(&self, span: i64, now: i64) -> bool {
        self.is_good(now) && self.expires.is_some_and(|expires| expires <= now.saturating_add(span))
    }

    pub fn is_good(&self, now: i64) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

/// A bearer token of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: Id,
    pub account: Id,
    pub connection: Id,
    /// The person that it stands for, when it is one's own.
    pub user: Option<Id>,
    pub lifetime: Lifetime,
    /// The token that was made in its place.
    pub replaced_by: Option<Id>,
}

impl Token {
    /// Counts the changes that a person makes.
    pub fn version(&self) -> i64 {
        self.lifetime.version() + i64::from(self.replaced_by.is_some())
    }
}

/// A key for the admin API of an account. It does not expire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminKey {
    pub id: Id,
    pub account: Id,
    /// The person that it stands for, when it is one's own.
    pub user: Option<Id>,
    pub lifetime: Lifetime,
}
