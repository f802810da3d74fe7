//! Sets of public keys (RFC 7517 §5).

use super::check::Header;
use crate::domain::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use serde_json::Value;

/// No issuer has as many keys.
const MOST_KEYS: usize = 200;

/// Keys that can check a signature. Others of a set, such as those for encryption, are left out.
#[derive(Clone)]
pub struct KeySet(Vec<Key>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySetError {
    NotASet,
    NoKey,
    Private,
}

impl KeySetError {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NotASet => "A JWK set is an object with a list \"keys\".",
            Self::NoKey => {
                "The JWK set has no public key that can check a signature: RSA of 2048 bits or more, P-256 or P-384."
            }
            Self::Private => {
                "The JWK set holds a private or a shared key. Enter public keys only, and exchange the one that was sent."
            }
        }
    }
}

#[derive(Clone)]
struct Key {
    id: Option<String>,
    family: Family,
    /// The only algorithm that it may be used with, when it says so.
    algorithm: Option<String>,
    check: DecodingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Rsa,
    P256,
    P384,
}

impl KeySet {
    pub fn read(set: &Value) -> Result<Self, KeySetError> {
        let all = set.get("keys").and_then(Value::as_array).ok_or(KeySetError::NotASet)?;
        // Keys of unknown kinds must not spoil the others (RFC 7517 §5).
        let keys: Vec<Key> = all.iter().take(MOST_KEYS).filter_map(Key::read).collect();
        if keys.is_empty() { Err(KeySetError::NoKey) } else { Ok(Self(keys)) }
    }

    /// Refuses what an administrator must not enter.
    pub fn check(set: &Value) -> Result<(), KeySetError> {
        let all = set.get("keys").and_then(Value::as_array).ok_or(KeySetError::NotASet)?;
        // The members of private and shared keys (RFC 7518 §6).
        let is_private = |key: &Value| ["d", "k", "p", "q"].iter().any(|member| key.get(member).is_some());
        if all.iter().any(is_private) {
            return Err(KeySetError::Private);
        }
        Self::read(set).map(drop)
    }

    /// The key that a header names. Without a name there must be one that fits only.
    pub(super) fn find(&self, header: &Header) -> Option<&DecodingKey> {
        let mut fitting = self.0.iter().filter(|key| key.fits(header.algorithm));
        match &header.key {
            Some(id) => fitting.find(|key| key.id.as_ref() == Some(id)).map(|key| &key.check),
            None => fitting.next().filter(|_| fitting.next().is_none()).map(|key| &key.check),
        }
    }
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
        if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
            return None;
        }
        let check = DecodingKey::from_jwk(&jwk).ok()?;
        let family = match &jwk.algorithm {
            AlgorithmParameters::RSA(key) if is_long(&key.n) => Family::Rsa,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Family::P256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P384 => Family::P384,
            // A shared key would make whoever reads the set an issuer.
            _ => return None,
        };
        let algorithm = value.get("alg").and_then(Value::as_str).map(str::to_owned);
        Some(Self { id: jwk.common.key_id, family, algorithm, check })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let family = match algorithm {
            Algorithm::Es256 => Family::P256,
            Algorithm::Es384 => Family::P384,
            _ => Family::Rsa,
        };
        self.family == family && self.algorithm.as_ref().is_none_or(|only| *only == algorithm.to_string())
    }
}

/// RFC 7518 §3.3: RSA of 2048 bits or more. Four characters of base64 are three bytes.
fn is_long(modulus: &str) -> bool {
    modulus.trim_end_matches('=').len() * 3 / 4 >= 2048 / 8
}
