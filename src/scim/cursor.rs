//! Cursors (RFC 9865 §2): stateless, signed, bound to who asks, to the query and to the page size.

use super::{Error, ScimType};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where the next page begins: behind the last resource of the page before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which of the searched resource types, by its place in the search.
    #[serde(rename = "t")]
    pub resource_type: usize,
    /// The sort key of that resource; `None` where it has none or the list is in order of creation.
    #[serde(rename = "k")]
    pub key: Option<String>,
    #[serde(rename = "i")]
    pub id: String,
    /// `totalResults` as the first page counted it, so that later pages need not count again.
    #[serde(rename = "c")]
    pub total: u64,
}

/// What a cursor is only good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The account whose resources are listed.
    pub account: &'a str,
    /// Everything else of the query that decides what is listed.
    pub query: String,
    pub count: u64,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    /// Account and query, hashed.
    q: String,
    n: u64,
    p: Position,
    /// Seconds since 1970.
    exp: i64,
}

/// Makes and checks cursors with one secret that all replicas share.
#[derive(Clone)]
pub struct Cursors {
    sign: EncodingKey,
    check: DecodingKey,
    /// Seconds.
    timeout: i64,
}

impl Cursors {
    pub fn new(secret: &[u8], timeout_seconds: i64) -> Self {
        Self {
            sign: EncodingKey::from_secret(secret),
            check: DecodingKey::from_secret(secret),
            timeout: timeout_seconds,
        }
    }

    /// A cursor of unreserved characters (RFC 3986 §2.3), good for at least the time-out from `now` (milliseconds).
    pub fn issue(&self, scope: &Scope<'_>, position: Position, now: i64) -> Result<String, Error> {
        let claims = Claims { q: hash(scope), n: scope.count, p: position, exp: now / 1000 + self.timeout + 1 };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.sign).map_err(|_| invalid())
    }

    /// The position in a cursor. A forged one, one of another account and one of another query are the same to the
    /// client (RFC 9865 §5).
    pub fn open(&self, cursor: &str, scope: &Scope<'_>, now: i64) -> Result<Position, Error> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The clock is the caller's.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(cursor, &self.check, &validation).map_err(|_| invalid())?.claims;
        if claims.q != hash(scope) {
            return Err(invalid());
        }
        if claims.n != scope.count {
            return Err(Error::new(ScimType::InvalidCount, "count must be the same on every page of a cursor."));
        }
        if claims.exp < now / 1000 {
            return Err(Error::new(ScimType::ExpiredCursor, "The cursor has expired. Start again without one."));
        }
        Ok(claims.p)
    }
}

fn hash(scope: &Scope<'_>) -> String {
    use base64::Engine;
    let digest = Sha256::new().chain_update(scope.account).chain_update([0]).chain_update(&scope.query).finalize();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..16])
}

fn invalid() -> Error {
    Error::new(ScimType::InvalidCursor, "The cursor is not valid for this query. Start again without one.")
}
