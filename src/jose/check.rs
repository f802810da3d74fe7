//! What a token of another issuer is held against (RFC 7515 §5.2, RFC 7519 §7.2, RFC 7523 §3).

use super::Refused;
use crate::domain::{Algorithm, Trust};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Seconds by which the clocks of two machines may differ.
const LEEWAY: i64 = 60;
/// Seconds that a token may be good for: what is used up must be remembered as long.
const LONGEST: i64 = 24 * 60 * 60;
/// Characters of a token at most.
const LONGEST_TEXT: usize = 16 * 1024;

/// The part of a header that is looked at. A token's own keys and addresses of keys (`jwk`, `jku`, `x5u`) never are.
#[derive(Debug)]
pub struct Header {
    pub algorithm: Algorithm,
    pub key: Option<String>,
}

/// A token that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    pub subject: String,
    /// Seconds since 1970.
    pub expires: i64,
    /// What is remembered of it, so that it is not taken again: its `jti`, or what was signed.
    pub identity: String,
}

/// What a token says of itself before anybody has checked it: good for finding out whose it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    pub issuer: String,
    pub audiences: Vec<String>,
    pub subject: String,
}

impl Presented {
    /// Nothing when this is no JWT.
    pub fn read(token: &str) -> Option<Self> {
        let claims = unchecked(token)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut audiences = audiences(&claims);
        // Each is looked for; no issuer names more.
        audiences.truncate(4);
        Some(Self { issuer: text("iss"), audiences, subject: text("sub") })
    }
}

#[derive(Deserialize)]
struct SentHeader {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// The header, when the trust allows what it says.
pub fn header(token: &str, trust: &Trust) -> Result<Header, Refused> {
    let [header, _, _] = parts(token).ok_or(Refused::Malformed)?;
    let sent: SentHeader = decoded(header).ok_or(Refused::Malformed)?;
    if sent.crit.is_some() {
        return Err(Refused::Critical);
    }
    let algorithm = sent.alg.parse().ok().filter(|algorithm| trust.algorithms.contains(algorithm));
    Ok(Header { algorithm: algorithm.ok_or(Refused::Algorithm)?, key: sent.kid })
}

/// Checks the signature first and then what was signed. `now` is in milliseconds.
pub fn claims(token: &str, header: &Header, key: &DecodingKey, trust: &Trust, now: i64) -> Result<Assertion, Refused> {
    let algorithm = header.algorithm.to_string().parse().map_err(|_| Refused::Algorithm)?;
    let mut validation = Validation::new(algorithm);
    // The claims are checked below, against the caller's clock.
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let claims: Value = jsonwebtoken::decode(token, key, &validation).map_err(|_| Refused::Signature)?.claims;

    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name).and_then(seconds);
    if text("iss") != Some(&trust.issuer) {
        return Err(Refused::Issuer);
    }
    if !audiences(&claims).iter().any(|audience| trust.audiences.contains(audience)) {
        return Err(Refused::Audience);
    }
    let subject = text("sub").filter(|subject| !subject.is_empty()).ok_or(Refused::Subject)?;
    if trust.subject.as_deref().is_some_and(|wanted| wanted != subject) {
        return Err(Refused::Subject);
    }
    if trust.claims.iter().any(|(name, wanted)| text(name) != Some(wanted)) {
        return Err(Refused::Claim);
    }
    let now = now / 1000;
    let expires = time("exp").ok_or(Refused::Endless)?;
    if expires.saturating_add(LEEWAY) <= now {
        return Err(Refused::Expired);
    }
    if expires > now + LONGEST + LEEWAY {
        return Err(Refused::TooLong);
    }
    let begins = ["nbf", "iat"].into_iter().filter_map(time).max();
    if begins.is_some_and(|begins| begins > now + LEEWAY) {
        return Err(Refused::NotYet);
    }
    let identity = match text("jti").filter(|jti| !jti.is_empty()) {
        Some(jti) => format!("jti:{jti}"),
        None => format!("signed:{}", signed(token)),
    };
    // One that has just expired is good for the leeway, and must be remembered as long.
    Ok(Assertion { subject: subject.to_owned(), expires: expires + LEEWAY, identity })
}

/// What was signed, hashed. Not the signature: some can be written in two ways.
fn signed(token: &str) -> String {
    let text = token.rsplit_once('.').map_or(token, |(signed, _)| signed);
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// The claims, without any check.
fn unchecked(token: &str) -> Option<Value> {
    let [_, claims, _] = parts(token)?;
    decoded::<Value>(claims).filter(Value::is_object)
}

fn parts(token: &str) -> Option<[&str; 3]> {
    let mut parts = token.split('.');
    let found = [parts.next()?, parts.next()?, parts.next()?];
    (token.len() <= LONGEST_TEXT && parts.next().is_none()).then_some(found)
}

fn decoded<T: for<'d> Deserialize<'d>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// `aud` is a text or a list of texts (RFC 7519 §4.1.3).
fn audiences(claims: &Value) -> Vec<String> {
    match claims.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(some)) => some.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A NumericDate (RFC 7519 §2), which may have a fraction.
fn seconds(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the cast stops at the ends of the range")]
    let whole = |fraction: f64| fraction.floor() as i64;
    value.as_i64().or_else(|| value.as_f64().map(whole))
}
