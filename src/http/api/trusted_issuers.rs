//! Issuers whose tokens open the SCIM interface themselves, as one connection.

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::trust;
use super::write::Write;
use crate::admin::{self, Asked, Done, Error, TrustWish};
use crate::domain::TrustedIssuer;
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The customer's own issuer: its tokens are the credential of each request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TrustedIssuer)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    connection: String,
    trust: trust::View,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    version: i64,
}

impl From<TrustedIssuer> for View {
    fn from(issuer: TrustedIssuer) -> Self {
        Self {
            id: issuer.id.to_string(),
            connection: issuer.connection.to_string(),
            trust: trust::View::from(&issuer.trust),
            created_at: time::format(issuer.lifetime.created),
            last_used_at: issuer.lifetime.last_used.map(time::format),
            revoked_at: issuer.lifetime.revoked.map(time::format),
            version: issuer.version,
        }
    }
}

/// What a token must say. One token must never belong to two connections of this server.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewTrustedIssuer)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// `iss`, such as `https://sts.windows.net/TENANT/`
    issuer: String,
    /// `aud` names it.
    audience: String,
    /// `sub`; whoever the issuer speaks for when it is left out.
    subject: Option<String>,
    /// Other claims and the texts that they must be.
    #[serde(default)]
    claims: BTreeMap<String, String>,
    /// Where the public keys are fetched.
    jwks_uri: Option<String>,
    /// The public keys themselves (RFC 7517 §5), instead of `jwksUri`.
    jwks: Option<Value>,
    /// The signatures that are taken: `RS256` and `ES256` when they are left out.
    algorithms: Option<Vec<String>>,
}

impl New {
    fn wish(&self) -> Result<TrustWish, Error> {
        let wanted = trust::Wanted {
            issuer: Some(self.issuer.clone()),
            audiences: Some(vec![self.audience.clone()]),
            subject: self.subject.clone(),
            claims: self.claims.clone(),
            jwks_uri: self.jwks_uri.clone(),
            jwks: self.jwks.clone(),
            algorithms: self.algorithms.clone(),
            // A bearer token is shown with every request.
            allow_reuse: true,
        };
        Ok(wanted.wish()?)
    }
}

/// List the trusted issuers of a connection, in order of creation
#[utoipa::path(get, path = "/connections/{id}/trusted-issuers", tag = "trusted-issuers", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(Ids([connection]): Ids<1>, list: List) -> Result<Response, Problem> {
    let work = list.run(async move |tx, wanted| {
        let account = wanted.request.caller.account;
        Ok(admin::trusted_issuers_page(tx, account, connection, &wanted.window).await?.map(View::from))
    });
    work.await
}

/// Trust an issuer
#[utoipa::path(post, path = "/connections/{id}/trusted-issuers", tag = "trusted-issuers", request_body = New,
    responses((status = 201, description = "The trusted issuer", body = View)))]
pub async fn create(Ids([connection]): Ids<1>, write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        Ok(Done::created(&View::from(admin::add_trusted_issuer(tx, request, connection, &body.wish()?).await?)))
    });
    work.await
}

/// Read a trusted issuer
#[utoipa::path(get, path = "/trusted-issuers/{id}", tag = "trusted-issuers",
    responses((status = 200, description = "The trusted issuer", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    let work = read
        .run(async move |tx, request| Ok(View::from(admin::trusted_issuer_of(tx, request.caller.account, id).await?)));
    work.await
}

/// Replace what a token of a trusted issuer must say
#[utoipa::path(put, path = "/trusted-issuers/{id}", tag = "trusted-issuers", request_body = New,
    responses((status = 200, description = "The trusted issuer", body = View)))]
pub async fn replace(Ids([id]): Ids<1>, write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        Ok(Done::ok(&View::from(admin::change_trusted_issuer(tx, request, id, &body.wish()?).await?)))
    });
    work.await
}

/// Trust an issuer no longer, at once
///
/// Revoking it again is no error.
#[utoipa::path(delete, path = "/trusted-issuers/{id}", tag = "trusted-issuers",
    responses((status = 204, description = "Revoked")))]
pub async fn revoke(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, asked| {
        admin::remove_trusted_issuer(tx, &asked.request, id).await?;
        Ok(Done::deleted())
    });
    work.await
}
