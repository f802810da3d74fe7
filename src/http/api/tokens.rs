//! SCIM tokens of a connection. Several may live at once, so that they can be rotated.

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done};
use crate::domain::{PlainSecret, Token};
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A token that opens the SCIM interface as its connection.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    /// Shown once, in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The user that it stands for.
    #[schema(format = "uuid")]
    user: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Whether it is time to rotate it.
    expires_soon: bool,
    /// The token that was made in its place.
    #[schema(format = "uuid")]
    replaced_by: Option<String>,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    version: i64,
}

impl View {
    fn new(token: &Token, request: &admin::Request, secret: Option<&PlainSecret>) -> Self {
        let lifetime = &token.lifetime;
        Self {
            id: token.id.to_string(),
            secret: secret.map(|secret| secret.reveal().to_owned()),
            user: token.user.map(|user| user.to_string()),
            created_at: time::format(lifetime.created),
            expires_at: lifetime.expires.map(time::format),
            expires_soon: token.replaced_by.is_none()
                && lifetime.ends_within(request.service.settings.warn_before, request.now),
            replaced_by: token.replaced_by.map(|id| id.to_string()),
            last_used_at: lifetime.last_used.map(time::format),
            revoked_at: lifetime.revoked.map(time::format),
            version: token.version(),
        }
    }
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewToken)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// How long it is good; for ever when it is left out.
    #[schema(minimum = 1, maximum = 36500)]
    expires_in_days: Option<u32>,
    /// The id of a user of the account whom the token stands for: he cannot remove, deactivate or demote himself with it.
    #[schema(format = "uuid")]
    user: Option<String>,
}

/// How a token is rotated.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TokenRotation)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rotation {
    /// How long the old token is good beside the new one; 7 when it is left out.
    #[schema(minimum = 0, maximum = 365)]
    overlap_days: Option<u32>,
    /// How long the new token is good; as long as the old one was when it is left out.
    #[schema(minimum = 1, maximum = 36500)]
    expires_in_days: Option<u32>,
}

/// List the tokens of a connection, in order of creation
#[utoipa::path(get, path = "/connections/{id}/tokens", tag = "tokens", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(Ids([connection]): Ids<1>, list: List) -> Result<Response, Problem> {
    let work = list.run(async move |tx, wanted| {
        let page = admin::tokens_page(tx, wanted.request.caller.account, connection, &wanted.window).await?;
        Ok(page.map(|token| View::new(&token, &wanted.request, None)))
    });
    work.await
}

/// Make a token; its secret is shown once
#[utoipa::path(post, path = "/connections/{id}/tokens", tag = "tokens", request_body = New,
    responses((status = 201, description = "The token with its secret", body = View)))]
pub async fn create(Ids([connection]): Ids<1>, write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body: new }| {
        let lifetime = new.expires_in_days.map(admin::lifetime_of_days).transpose()?;
        let (token, secret) = admin::add_token(tx, request, connection, lifetime, new.user.as_deref()).await?;
        Ok(Done::created(&View::new(&token, request, Some(&secret))))
    });
    work.await
}

/// Read a token
#[utoipa::path(get, path = "/tokens/{id}", tag = "tokens",
    responses((status = 200, description = "The token without its secret", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    let work = read.run(async move |tx, request| {
        Ok(View::new(&admin::token_of(tx, request.caller.account, id).await?, request, None))
    });
    work.await
}

/// Make a token in the place of another one; its secret is shown once
///
/// Both are good until the overlap has passed.
#[utoipa::path(post, path = "/tokens/{id}/rotate", tag = "tokens", request_body = Rotation,
    responses((status = 200, description = "The new token with its secret", body = View)))]
pub async fn rotate(Ids([id]): Ids<1>, write: Write<Rotation>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        let overlap = admin::overlap_of_days(body.overlap_days.unwrap_or(7))?;
        let lifetime = body.expires_in_days.map(admin::lifetime_of_days).transpose()?;
        let (token, secret) = admin::rotate_token(tx, request, id, overlap, lifetime).await?;
        Ok(Done::ok(&View::new(&token, request, Some(&secret))))
    });
    work.await
}

/// Revoke a token at once
///
/// Revoking it again is no error.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", responses((status = 204, description = "Revoked")))]
pub async fn revoke(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, asked| {
        admin::remove_token(tx, &asked.request, id).await?;
        Ok(Done::deleted())
    });
    work.await
}
