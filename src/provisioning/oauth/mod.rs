//! OAuth 2.0: access tokens for the programs of a connection (RFC 6749 §4.4), and tokens of issuers that a connection
//! trusts.

mod bearer;
mod grant;
mod ring;

pub use bearer::authenticate;
pub use grant::{GrantError, Granted, TokenRequest, grant};

use crate::jose::{Checker, Fetching};
use ring::Ring;
use serde_json::{Value, json};
use std::sync::Arc;

/// The one scope: all that the connection may do.
pub const SCOPE: &str = "scim";

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct OAuthSettings {
    /// The address of the server as clients see it, without a trailing slash.
    pub issuer: Arc<str>,
    /// The address of the SCIM interface.
    pub audience: Arc<str>,
    pub access_token_seconds: i64,
    pub signing_key_days: i64,
    pub fetching: Fetching,
}

/// What tokens are made and checked with.
pub struct OAuth {
    settings: OAuthSettings,
    checker: Checker,
    ring: Ring,
}

impl OAuth {
    pub fn new(settings: OAuthSettings) -> Self {
        let (checker, ring) = (Checker::new(settings.fetching), Ring::new(settings.signing_key_days));
        Self { settings, checker, ring }
    }

    pub fn token_endpoint(&self) -> String {
        format!("{}/oauth/token", self.settings.issuer)
    }

    /// What an assertion for this server may name as its audience (RFC 7523 §3, 3).
    pub fn audiences(&self) -> Vec<String> {
        vec![self.settings.issuer.to_string(), self.token_endpoint()]
    }

    /// Whether the keys of an issuer may be at an address that is not public.
    pub fn allows_private_issuers(&self) -> bool {
        self.settings.fetching.allow_private
    }

    /// `/.well-known/oauth-authorization-server` (RFC 8414 §2).
    pub fn metadata(&self) -> Value {
        let issuer = &self.settings.issuer;
        let algorithms = crate::domain::Algorithm::ALL.map(|algorithm| algorithm.to_string());
        json!({
            "issuer": &**issuer,
            "token_endpoint": self.token_endpoint(),
            "jwks_uri": format!("{issuer}/oauth/jwks"),
            "scopes_supported": [SCOPE],
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": algorithms,
        })
    }

    /// The public keys of our access tokens (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.ring.public() })
    }

    /// Reads the signing keys, and makes a new one when it is time.
    pub async fn refresh_keys(&self, db: &crate::storage::Db, now: i64) -> Result<(), crate::storage::Error> {
        self.ring.refresh(db, now).await
    }
}
