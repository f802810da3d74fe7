//! The token endpoint: client credentials by secret (RFC 6749 §2.3.1, §4.4) or by assertion (RFC 7523 §2.2, §3).

use super::SCOPE;
use crate::domain::{CredentialKind, HashedSecret, Id, Mode, OAuthClient, PlainSecret, Trust};
use crate::jose::{AccessClaims, Presented, Refused};
use crate::provisioning::{Error, NotedCaller, Notes, Refusal, Service};
use crate::storage::rows::OAuthSecretRow;
use crate::storage::{Error as StorageError, Tx};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a client sent, decoded but not judged.
#[derive(Debug, Clone, Default)]
pub struct TokenRequest {
    pub grant_type: Option<String>,
    pub scope: Option<String>,
    /// Id and secret of the Authorization header.
    pub basic: Option<(String, PlainSecret)>,
    pub client_id: Option<String>,
    pub client_secret: Option<PlainSecret>,
    pub client_assertion_type: Option<String>,
    pub client_assertion: Option<PlainSecret>,
}

/// An access token, and what it was given for.
#[derive(Debug, Clone)]
pub struct Granted {
    pub access_token: String,
    /// Seconds.
    pub expires_in: i64,
    pub scope: &'static str,
    pub used: Vec<(CredentialKind, Id)>,
}

/// RFC 6749 §5.2.
#[derive(Debug)]
pub enum GrantError {
    InvalidRequest(&'static str),
    InvalidClient(&'static str),
    UnauthorizedClient(&'static str),
    UnsupportedGrantType(&'static str),
    InvalidScope(&'static str),
    /// Too many secrets from there were wrong.
    Throttled(Refusal),
    /// Trying again may help.
    OutOfReach(&'static str),
    Storage(StorageError),
    Internal(String),
}

impl From<StorageError> for GrantError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<Error> for GrantError {
    fn from(error: Error) -> Self {
        match error {
            Error::Storage(error) => Self::Storage(error),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// How a client proves who it is; one way only (RFC 6749 §2.3).
enum Proof {
    Secret(String, PlainSecret),
    Assertion(Option<String>, PlainSecret),
}

/// A client that has proved who it is.
struct Proved {
    client: OAuthClient,
    mode: Mode,
    secret: Option<Id>,
    trust: Option<i64>,
}

/// Gives an access token.
pub async fn grant(service: &Service, asked: TokenRequest, now: i64, notes: &Notes) -> Result<Granted, GrantError> {
    match asked.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => {
            return Err(GrantError::UnsupportedGrantType("The only grant_type here is client_credentials."));
        }
        None => {
            let detail = "Send grant_type=client_credentials in a body of the type application/x-www-form-urlencoded.";
            return Err(GrantError::InvalidRequest(detail));
        }
    }
    // An assertion can be used once, so the rest of the request is judged first.
    if asked.scope.as_deref().unwrap_or_default().split_ascii_whitespace().any(|word| word != SCOPE) {
        return Err(GrantError::InvalidScope("The only scope here is scim; it may be left out."));
    }
    let proved = match asked.proof()? {
        Proof::Secret(id, secret) => by_secret(service, &id, &secret, now, notes).await?,
        Proof::Assertion(id, assertion) => by_assertion(service, id.as_deref(), &assertion, now, notes).await?,
    };
    issue(service, proved, now)
}

impl TokenRequest {
    fn proof(self) -> Result<Proof, GrantError> {
        let Self { basic, client_id, client_secret, client_assertion_type, client_assertion, .. } = self;
        let has_assertion = client_assertion_type.is_some() || client_assertion.is_some();
        match (basic, client_secret, has_assertion) {
            (Some((id, secret)), None, false) => match client_id.is_none_or(|other| other == id) {
                true => Ok(Proof::Secret(id, secret)),
                false => Err(GrantError::InvalidRequest(
                    "The client_id of the body is another than that of the Authorization header.",
                )),
            },
            (None, Some(secret), false) => match client_id {
                Some(id) => Ok(Proof::Secret(id, secret)),
                None => Err(GrantError::InvalidRequest("Send client_id along with client_secret.")),
            },
            (None, None, true) => match (client_assertion_type.as_deref(), client_assertion) {
                (Some(ASSERTION_TYPE), Some(assertion)) => Ok(Proof::Assertion(client_id, assertion)),
                _ => Err(GrantError::InvalidRequest(
                    "Send client_assertion, and client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
                )),
            },
            (None, None, false) => Err(GrantError::InvalidClient(
                "Send client_id and client_secret, in the body or as Basic authorization, or a client_assertion.",
            )),
            _ => {
                Err(GrantError::InvalidRequest("A client proves who it is in one way only; this request has several."))
            }
        }
    }
}

/// The same for an unknown client and a wrong secret.
const UNKNOWN: GrantError = GrantError::InvalidClient(
    "The client is not known, or its secret is not. Check that both were copied whole, and that the secret is this client's.",
);

async fn by_secret(
    service: &Service,
    id: &str,
    secret: &PlainSecret,
    now: i64,
    notes: &Notes,
) -> Result<Proved, GrantError> {
    let hash = secret.hash();
    let work = async move |tx: &mut Tx<'_>| tx.oauth_secret(&hash).await;
    let found: Option<OAuthSecretRow> = service.db.read::<_, StorageError, _>(work).await?;
    let client = client(service, id, notes).await?;
    let (Some((client, mode)), Some(secret)) = (client, found.map(|row| row.secret())) else {
        tracing::warn!("a token request was refused: client or secret is not known");
        return Err(UNKNOWN);
    };
    if secret.client != client.id {
        tracing::warn!(client = %client.id, "a token request was refused: the secret belongs to another client");
        return Err(UNKNOWN);
    }
    let detail = match (client.lifetime.revoked, secret.lifetime.revoked) {
        (Some(_), _) => "The client was revoked. Make a new one and enter it in the identity provider.",
        (_, Some(_)) => "The client secret was revoked. Make a new one and enter it in the identity provider.",
        _ if !secret.lifetime.is_good(now) => {
            "The client secret has expired. Make a new one and enter it in the identity provider."
        }
        _ => return Ok(Proved { client, mode, secret: Some(secret.id), trust: None }),
    };
    tracing::warn!(client = %client.id, secret = %secret.id, detail, "a token request was refused");
    Err(GrantError::InvalidClient(detail))
}

async fn by_assertion(
    service: &Service,
    id: Option<&str>,
    assertion: &PlainSecret,
    now: i64,
    notes: &Notes,
) -> Result<Proved, GrantError> {
    let text = assertion.reveal();
    let refuse = |client: Option<Id>, reason: Refused| {
        tracing::warn!(client = ?client, %reason, "a client assertion was refused");
        match reason {
            Refused::KeysOutOfReach => GrantError::OutOfReach(reason.sentence()),
            _ => GrantError::InvalidClient(reason.sentence()),
        }
    };
    let presented = Presented::read(text).ok_or_else(|| refuse(None, Refused::Malformed))?;
    // RFC 7523 §3: the subject is the client, where the client is not named in another way.
    let client = client(service, id.unwrap_or(&presented.subject), notes).await?;
    let known = client.filter(|(client, _)| client.lifetime.revoked.is_none());
    let trusting = known.and_then(|(client, mode)| client.trust.clone().map(|trust| (client, mode, trust)));
    let Some((client, mode, trust)) = trusting else {
        tracing::warn!("a client assertion was refused: no such client takes assertions");
        return Err(GrantError::InvalidClient("The client is not known, or it takes no assertions."));
    };
    let checked = service.oauth.checker.check(text, &trust, now).await;
    let checked = checked.map_err(|reason| refuse(Some(client.id), reason))?;
    if !trust.reuse {
        let hash = used(&client, &trust, &checked.identity);
        let until = checked.expires.saturating_mul(1000);
        let work = async move |tx: &mut Tx<'_>| tx.use_assertion(&hash, until).await;
        if !service.db.write::<_, StorageError, _>(work).await? {
            return Err(refuse(Some(client.id), Refused::Replayed));
        }
    }
    Ok(Proved { trust: Some(client.trust_version), client, mode, secret: None })
}

/// RFC 7523 §3, 7: a `jti` is one of its issuer's.
fn used(client: &OAuthClient, trust: &Trust, identity: &str) -> HashedSecret {
    let text = format!("{}\n{}\n{identity}", client.id, trust.issuer);
    HashedSecret(Sha256::digest(text).to_vec())
}

/// The client with an id, and the mode of its account. The request is its connection's.
async fn client(service: &Service, id: &str, notes: &Notes) -> Result<Option<(OAuthClient, Mode)>, GrantError> {
    let Ok(id) = id.parse::<Id>() else { return Ok(None) };
    let tenants = Arc::clone(&service.tenants);
    let found = service.db.read(async move |tx| {
        let Some((client, _, _, account)) = tx.oauth_client(id, Id::NIL).await? else { return Ok::<_, Error>(None) };
        let tenant = tenants.account(tx, client.account_id.0, account).await?;
        Ok(Some((client.client()?, tenant.policies.mode)))
    });
    let found = found.await?;
    if let Some((client, _)) = &found {
        notes.caller(NotedCaller { account: client.account, connection: client.connection, token: client.id });
    }
    Ok(found)
}

fn issue(service: &Service, proved: Proved, now: i64) -> Result<Granted, GrantError> {
    let settings = &service.oauth.settings;
    let Proved { client, mode, secret, trust } = proved;
    if mode == Mode::Personal {
        let detail = "The account is in personal mode; provisioning begins with organization mode.";
        return Err(GrantError::UnauthorizedClient(detail));
    }
    let issued = now / 1000;
    let claims = AccessClaims {
        iss: settings.issuer.to_string(),
        sub: client.id,
        client_id: client.id,
        aud: settings.audience.to_string(),
        iat: issued,
        exp: issued + settings.access_token_seconds,
        jti: Id::new(),
        scope: SCOPE.to_owned(),
        connection: client.connection,
        account: client.account,
        secret,
        trust,
    };
    let key =
        service.oauth.ring.signer(now).ok_or_else(|| GrantError::Internal("there is no signing key".to_owned()))?;
    let access_token = key.sign(&claims).map_err(GrantError::Internal)?;
    let mut used = vec![(CredentialKind::OAuthClient, client.id)];
    used.extend(secret.map(|secret| (CredentialKind::ClientSecret, secret)));
    Ok(Granted { access_token, expires_in: settings.access_token_seconds, scope: SCOPE, used })
}
