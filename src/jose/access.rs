//! Our own access tokens (RFC 9068): short-lived, signed with ES256.

use super::Refused;
use crate::domain::Id;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use p256::pkcs8::EncodePrivateKey;
use serde::{Deserialize, Serialize};

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    pub iss: String,
    /// The OAuth client.
    pub sub: Id,
    pub client_id: Id,
    pub aud: String,
    /// Seconds since 1970.
    pub iat: i64,
    pub exp: i64,
    pub jti: Id,
    pub scope: String,
    pub connection: Id,
    pub account: Id,
    /// The secret that it was given for; it goes with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<Id>,
    /// The state of the client's trust that it was given for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trust: Option<i64>,
}

/// A key that signs access tokens.
#[derive(Clone)]
pub struct SigningKey {
    pub id: String,
    sign: EncodingKey,
    check: DecodingKey,
    public: Jwk,
}

impl SigningKey {
    /// A new private key (PKCS #8).
    pub fn generate() -> Result<Vec<u8>, String> {
        // Nearly every 32 bytes are a private key.
        for _ in 0..8 {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
            if let Ok(key) = p256::SecretKey::from_slice(&bytes) {
                return Ok(key.to_pkcs8_der().map_err(|error| error.to_string())?.as_bytes().to_vec());
            }
        }
        Err("no signing key was found".to_owned())
    }

    pub fn read(id: String, private: &[u8]) -> Result<Self, String> {
        let sign = EncodingKey::from_ec_der(private);
        let mut public = Jwk::from_encoding_key(&sign, Algorithm::ES256).map_err(|error| error.to_string())?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        let check = DecodingKey::from_jwk(&public).map_err(|error| error.to_string())?;
        Ok(Self { id, sign, check, public })
    }

    /// What everybody may know of it.
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    pub fn sign(&self, claims: &AccessClaims) -> Result<String, String> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.sign).map_err(|error| error.to_string())
    }

    /// Checks signature, issuer, audience and time. `now` is in milliseconds; the clocks are those of our own replicas.
    pub fn check(&self, token: &str, issuer: &str, audience: &str, now: i64) -> Result<AccessClaims, Refused> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_aud) = (false, false);
        let decoded = jsonwebtoken::decode::<AccessClaims>(token, &self.check, &validation);
        let claims = decoded.map_err(|_| Refused::Signature)?.claims;
        match () {
            () if claims.iss != issuer => Err(Refused::Issuer),
            () if claims.aud != audience => Err(Refused::Audience),
            () if claims.exp <= now / 1000 => Err(Refused::Expired),
            () => Ok(claims),
        }
    }
}

/// The key that a token of ours names.
pub fn key_id(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.kid
}
