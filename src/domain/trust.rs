//! Whose signed tokens (JWT) are believed, and what they must say.

use super::account::words;
use super::{Error, Id, Lifetime};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What a token of another issuer must be like. Nothing of a token chooses how it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trust {
    /// `iss`, compared as text.
    pub issuer: String,
    /// `aud` must name one of them.
    pub audiences: Vec<String>,
    /// `sub`; none: whoever the issuer speaks for.
    pub subject: Option<String>,
    /// Other claims and the texts that they must be.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    pub keys: Keys,
    pub algorithms: Vec<Algorithm>,
    /// Whether an assertion may be shown more than once while it is good: some identity providers keep theirs for an hour.
    #[serde(default)]
    pub reuse: bool,
}

/// Where the public keys of an issuer come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Keys {
    /// The address of a JWK set (RFC 7517 §5).
    Uri(String),
    /// The set itself.
    Set(Value),
}

/// Asymmetric signatures (RFC 7518 §3.1). There is no word for `none` and for signatures with a shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
}

impl Algorithm {
    /// Every one, in the order in which they are published.
    pub const ALL: [Self; 8] =
        [Self::Rs256, Self::Es256, Self::Ps256, Self::Rs384, Self::Es384, Self::Ps384, Self::Rs512, Self::Ps512];
    /// Those that a new trust takes when nobody says which.
    pub const USUAL: [Self; 2] = [Self::Rs256, Self::Es256];
}

words!(
    Algorithm,
    "signature algorithm",
    Rs256 = "RS256",
    Rs384 = "RS384",
    Rs512 = "RS512",
    Ps256 = "PS256",
    Ps384 = "PS384",
    Ps512 = "PS512",
    Es256 = "ES256",
    Es384 = "ES384"
);

/// A program that gets access tokens for a connection (RFC 6749 §4.4): by secrets, by assertions, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthClient {
    pub id: Id,
    pub account: Id,
    pub connection: Id,
    pub name: String,
    /// Whose assertions are taken (RFC 7523 §2.2).
    pub trust: Option<Trust>,
    /// Counts the changes of `trust`: access tokens that were given for an earlier one are no longer good.
    pub trust_version: i64,
    pub version: i64,
    pub lifetime: Lifetime,
}

/// A secret of an OAuth client. Several may live at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecret {
    pub id: Id,
    pub account: Id,
    pub client: Id,
    pub lifetime: Lifetime,
}

/// An issuer whose tokens open the SCIM interface themselves, as one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIssuer {
    pub id: Id,
    pub account: Id,
    pub connection: Id,
    /// With one audience.
    pub trust: Trust,
    pub version: i64,
    pub lifetime: Lifetime,
}
