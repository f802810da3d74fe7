//! Whose signed tokens are believed, as administrators see and say it.

use crate::admin::TrustWish;
use crate::domain::{self, Error, Keys};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a token of an issuer must be like.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Trust)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// `iss`
    issuer: String,
    /// `aud` names one of them.
    audiences: Vec<String>,
    /// `sub`; null: whoever the issuer speaks for.
    subject: Option<String>,
    /// Other claims and the texts that they must be.
    claims: BTreeMap<String, String>,
    /// Where the public keys of the issuer are fetched.
    jwks_uri: Option<String>,
    /// The public keys, when they are not fetched.
    jwks: Option<Value>,
    /// The signatures that are taken.
    algorithms: Vec<String>,
    /// Whether an assertion may be shown more than once.
    allow_reuse: bool,
}

impl From<&domain::Trust> for View {
    fn from(trust: &domain::Trust) -> Self {
        let (jwks_uri, jwks) = match &trust.keys {
            Keys::Uri(uri) => (Some(uri.clone()), None),
            Keys::Set(set) => (None, Some(set.clone())),
        };
        Self {
            issuer: trust.issuer.clone(),
            audiences: trust.audiences.clone(),
            subject: trust.subject.clone(),
            claims: trust.claims.clone(),
            jwks_uri,
            jwks,
            algorithms: trust.algorithms.iter().map(ToString::to_string).collect(),
            allow_reuse: trust.reuse,
        }
    }
}

/// Whose assertions a client shows. What is left out is what RFC 7523 says: the client speaks for itself, to this server.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = ClientTrust)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    /// `iss`; the id of the client when it is left out.
    pub issuer: Option<String>,
    /// `aud` names one of them; this server when they are left out.
    pub audiences: Option<Vec<String>>,
    /// `sub`; needed when the issuer is another than the client.
    pub subject: Option<String>,
    /// Other claims and the texts that they must be.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// Where the public keys are fetched, such as `https://login.microsoftonline.com/TENANT/discovery/v2.0/keys`.
    pub jwks_uri: Option<String>,
    /// The public keys themselves (RFC 7517 §5), instead of `jwksUri`.
    pub jwks: Option<Value>,
    /// The signatures that are taken: `RS256` and `ES256` when they are left out.
    pub algorithms: Option<Vec<String>>,
    /// Whether an assertion may be shown more than once while it is good; each must be new when it is left out.
    #[serde(default)]
    pub allow_reuse: bool,
}

impl Wanted {
    pub fn wish(&self) -> Result<TrustWish, Error> {
        let algorithms = self.algorithms.as_ref().map(|words| words.iter().map(|word| word.parse()).collect());
        Ok(TrustWish {
            issuer: self.issuer.clone(),
            audiences: self.audiences.clone(),
            subject: self.subject.clone(),
            claims: self.claims.clone(),
            jwks_uri: self.jwks_uri.clone(),
            jwks: self.jwks.clone(),
            algorithms: algorithms.transpose()?,
            reuse: self.allow_reuse,
        })
    }
}
