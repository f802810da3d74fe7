//! What an administrator says of an issuer that is to be believed.

use super::{Error, Request};
use crate::domain::{Algorithm, Error as Rule, Keys, Trust};
use crate::jose::{KeySet, check_address};
use serde_json::Value;
use std::collections::BTreeMap;

/// Bytes; three such texts are in one index.
const LONGEST: usize = 512;
const MOST: usize = 10;

/// A trust as it was asked for. What is left out is the usual.
#[derive(Debug, Clone, Default)]
pub struct TrustWish {
    pub issuer: Option<String>,
    pub audiences: Option<Vec<String>>,
    pub subject: Option<String>,
    pub claims: BTreeMap<String, String>,
    pub jwks_uri: Option<String>,
    pub jwks: Option<Value>,
    pub algorithms: Option<Vec<Algorithm>>,
    pub reuse: bool,
}

impl TrustWish {
    /// Checks it. What is not said comes from `usual`: issuer, audiences, subject.
    pub(super) fn trust(
        &self,
        request: &Request,
        usual: (Option<String>, Vec<String>, Option<String>),
    ) -> Result<Trust, Error> {
        let (issuer, audiences, subject) = usual;
        let issuer = self.issuer.clone().or(issuer).unwrap_or_default();
        let audiences = self.audiences.clone().unwrap_or(audiences);
        let subject = self.subject.clone().or(subject);
        check("The issuer", &issuer)?;
        for audience in &audiences {
            check("The audience", audience)?;
        }
        if let Some(subject) = &subject {
            check("The subject", subject)?;
        }
        for (name, value) in &self.claims {
            check("The name of a claim", name)?;
            check("A claim", value)?;
        }
        if audiences.is_empty() || audiences.len() > MOST || self.claims.len() > MOST {
            let detail = "Name one to ten audiences, and at most ten claims.";
            return Err(Error::Invalid { field: "audiences", detail });
        }
        let algorithms = self.algorithms.clone().unwrap_or_else(|| Algorithm::USUAL.to_vec());
        if algorithms.is_empty() {
            let detail = "Name at least one algorithm, or leave algorithms out for RS256 and ES256.";
            return Err(Error::Invalid { field: "algorithms", detail });
        }
        let (claims, reuse) = (self.claims.clone(), self.reuse);
        Ok(Trust { issuer, audiences, subject, claims, keys: self.keys(request)?, algorithms, reuse })
    }

    fn keys(&self, request: &Request) -> Result<Keys, Error> {
        match (&self.jwks_uri, &self.jwks) {
            (Some(uri), None) => {
                let allowed = check_address(uri, request.service.oauth.allows_private_issuers());
                allowed.map_err(|error| Error::Invalid { field: "jwksUri", detail: error.sentence() })?;
                Ok(Keys::Uri(uri.clone()))
            }
            (None, Some(set)) => {
                KeySet::check(set).map_err(|error| Error::Invalid { field: "jwks", detail: error.sentence() })?;
                Ok(Keys::Set(set.clone()))
            }
            _ => {
                let detail = "Say where the public keys of the issuer are: either jwksUri or jwks.";
                Err(Error::Invalid { field: "jwksUri", detail })
            }
        }
    }
}

fn check(what: &'static str, text: &str) -> Result<(), Error> {
    match text.len() {
        _ if text.trim().is_empty() => Err(Rule::Empty { what }.into()),
        length if length > LONGEST => Err(Rule::TooLong { what, length }.into()),
        _ => Ok(()),
    }
}
