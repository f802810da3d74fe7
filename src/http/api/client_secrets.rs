//! Secrets of an OAuth client. Several may live at once, so that they can be exchanged without a gap.

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done};
use crate::domain::{ClientSecret, PlainSecret};
use crate::provisioning::Service;
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A `client_secret`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientSecret)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    /// The `client_id` that it belongs to.
    #[schema(format = "uuid")]
    client: String,
    /// Shown once, in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Whether it is time to make another one.
    expires_soon: bool,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    version: i64,
}

impl View {
    fn new(secret: &ClientSecret, service: &Service, now: i64, plain: Option<&PlainSecret>) -> Self {
        let lifetime = &secret.lifetime;
        Self {
            id: secret.id.to_string(),
            client: secret.client.to_string(),
            secret: plain.map(|plain| plain.reveal().to_owned()),
            created_at: time::format(lifetime.created),
            expires_at: lifetime.expires.map(time::format),
            expires_soon: lifetime.ends_within(service.settings.warn_before, now),
            last_used_at: lifetime.last_used.map(time::format),
            revoked_at: lifetime.revoked.map(time::format),
            version: lifetime.version(),
        }
    }
}

/// A secret to make.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewClientSecret)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// How long it is good; for ever when it is left out.
    #[schema(minimum = 1, maximum = 36500)]
    expires_in_days: Option<u32>,
}

/// List the secrets of an OAuth client, in order of creation
#[utoipa::path(get, path = "/oauth-clients/{id}/client-secrets", tag = "client-secrets", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(Ids([client]): Ids<1>, list: List) -> Result<Response, Problem> {
    let work = list.run(async move |tx, wanted| {
        let request = &wanted.request;
        let page = admin::secrets_page(tx, request.caller.account, client, &wanted.window).await?;
        Ok(page.map(|secret| View::new(&secret, &request.service, request.now, None)))
    });
    work.await
}

/// Make a secret of an OAuth client; it is shown once
#[utoipa::path(post, path = "/oauth-clients/{id}/client-secrets", tag = "client-secrets", request_body = New,
    responses((status = 201, description = "The secret", body = View)))]
pub async fn create(Ids([client]): Ids<1>, write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body: new }| {
        let lifetime = new.expires_in_days.map(admin::lifetime_of_days).transpose()?;
        let (secret, plain) = admin::add_secret(tx, request, client, lifetime).await?;
        Ok(Done::created(&View::new(&secret, &request.service, request.now, Some(&plain))))
    });
    work.await
}

/// Read when a secret is good
#[utoipa::path(get, path = "/client-secrets/{id}", tag = "client-secrets",
    responses((status = 200, description = "All but the secret itself", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    let work = read.run(async move |tx, request| {
        let secret = admin::secret_of(tx, request.caller.account, id).await?;
        Ok(View::new(&secret, &request.service, request.now, None))
    });
    work.await
}

/// Revoke a secret, with the access tokens that were given for it, at once
///
/// Revoking it again is no error.
#[utoipa::path(delete, path = "/client-secrets/{id}", tag = "client-secrets",
    responses((status = 204, description = "Revoked")))]
pub async fn revoke(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, asked| {
        admin::remove_secret(tx, &asked.request, id).await?;
        Ok(Done::deleted())
    });
    work.await
}
