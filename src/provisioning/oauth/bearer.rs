//! A JWT as the credential of a SCIM request: an access token of ours, or a token of an issuer that a connection trusts.

use super::OAuth;
use crate::domain::{CredentialKind, Guard, Id, Mode, OAuthClient, TrustedIssuer};
use crate::jose::{AccessClaims, Presented, Refused, key_id};
use crate::provisioning::authenticate::Proved;
use crate::provisioning::{Error, NotedCaller, Notes, Service};
use crate::storage::rows::{OAuthClientRow, OAuthSecretRow};
use std::sync::Arc;

/// Finds the connection that a JWT belongs to.
pub async fn authenticate(
    service: &Service,
    token: &str,
    presented: Presented,
    now: i64,
    notes: &Notes,
) -> Result<Proved, Error> {
    let proved = match presented.issuer == *service.oauth.settings.issuer {
        true => own(service, token, now, notes).await,
        false => trusted(service, token, presented, now, notes).await,
    }?;
    if proved.tenant.policies.mode == Mode::Personal {
        return Err(Guard::OrganizationModeRequired.into());
    }
    Ok(proved)
}

/// An access token of ours. The database is asked only whether it still holds, and for what it is good.
async fn own(service: &Service, token: &str, now: i64, notes: &Notes) -> Result<Proved, Error> {
    let OAuth { settings, ring, .. } = &*service.oauth;
    let key = match key_id(token) {
        Some(id) => ring.find(&service.db, &id).await?,
        None => None,
    };
    let key = key.ok_or_else(|| refused(Refused::Key))?;
    let claims = key.check(token, &settings.issuer, &settings.audience, now).map_err(refused)?;
    let (client, secret, tenants) = (claims.sub, claims.secret.unwrap_or(Id::NIL), Arc::clone(&service.tenants));
    let found = service.db.read(async move |tx| {
        let Some((client, secret, connection, account)) = tx.oauth_client(client, secret).await? else {
            return Ok::<_, Error>(None);
        };
        let source = tenants.source(tx, client.account_id.0, client.connection_id.0, connection).await?;
        Ok(Some((tenants.account(tx, client.account_id.0, account).await?, source, client, secret)))
    });
    let Some((tenant, source, client, secret)) = found.await? else {
        return Err(Error::Unauthorized("The OAuth client of this access token is not known."));
    };
    let (account, connection, id) = (client.account_id.0, client.connection_id.0, client.id.0);
    notes.caller(NotedCaller { account, connection, token: id });
    check_standing(&claims, client, secret.as_ref())?;
    Ok(Proved { account, connection, credential: id, kind: CredentialKind::OAuthClient, user: None, tenant, source })
}

/// What was taken back counts at once, on every replica.
fn check_standing(claims: &AccessClaims, client: OAuthClientRow, secret: Option<&OAuthSecretRow>) -> Result<(), Error> {
    let client: OAuthClient = client.client()?;
    if client.lifetime.revoked.is_some() {
        return Err(Error::Unauthorized("The OAuth client of this access token was revoked."));
    }
    let is_lost = claims.secret.is_some() && secret.is_none_or(|secret| secret.revoked_at.is_some());
    let is_other = claims.trust.is_some_and(|trust| client.trust.is_none() || client.trust_version != trust);
    match is_lost || is_other {
        true => Err(Error::Unauthorized(
            "The client secret or the trust that this access token was given for was revoked. Get a new access token.",
        )),
        false => Ok(()),
    }
}

/// A token of the customer's own issuer, such as Entra's when no secret was entered there.
async fn trusted(
    service: &Service,
    token: &str,
    presented: Presented,
    now: i64,
    notes: &Notes,
) -> Result<Proved, Error> {
    let tenants = Arc::clone(&service.tenants);
    let found = service.db.read(async move |tx| {
        let mut found = Vec::new();
        for (row, connection, account) in tx.live_trusted_issuers(&presented.issuer, &presented.audiences).await? {
            if !row.subject.is_empty() && row.subject != presented.subject {
                continue;
            }
            let source = tenants.source(tx, row.account_id.0, row.connection_id.0, connection).await?;
            found.push((tenants.account(tx, row.account_id.0, account).await?, source, row.issuer()?));
        }
        Ok::<_, Error>(found)
    });
    let mut found = found.await?;
    let (Some((tenant, source, trusted)), true) = (found.pop(), found.is_empty()) else {
        let detail = "No connection trusts the issuer (iss) of this JWT for its audience (aud) and its subject (sub), or more \
                      than one does. Compare them with the trusted issuers of the connection.";
        tracing::warn!(
            "a bearer JWT was refused: no connection trusts its issuer, audience and subject, or several do"
        );
        return Err(Error::Unauthorized(detail));
    };
    let TrustedIssuer { account, connection, id, trust, .. } = trusted;
    notes.caller(NotedCaller { account, connection, token: id });
    if let Err(reason) = service.oauth.checker.check(token, &trust, now).await {
        tracing::warn!(%connection, trusted_issuer = %id, %reason, "a bearer JWT was refused");
        return Err(refused(reason));
    }
    Ok(Proved { account, connection, credential: id, kind: CredentialKind::TrustedIssuer, user: None, tenant, source })
}

fn refused(reason: Refused) -> Error {
    match reason {
        Refused::KeysOutOfReach => Error::IssuerOutOfReach(reason.sentence()),
        _ => Error::Unauthorized(reason.sentence()),
    }
}
