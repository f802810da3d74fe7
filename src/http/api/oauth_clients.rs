//! OAuth clients of a connection: programs that get access tokens at `/oauth/token`.

use super::Problem;
use super::caller::Ids;
use super::given::given;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::trust;
use super::write::Write;
use crate::admin::{self, Asked, ClientWish, Done, Error};
use crate::domain::OAuthClient;
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A program that gets access tokens for its connection, by its secrets or by assertions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OAuthClient)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// The `client_id`.
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    connection: String,
    name: String,
    /// Whose assertions it shows; null: it has secrets only.
    trust: Option<trust::View>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    version: i64,
}

impl From<OAuthClient> for View {
    fn from(client: OAuthClient) -> Self {
        Self {
            id: client.id.to_string(),
            connection: client.connection.to_string(),
            name: client.name,
            trust: client.trust.as_ref().map(trust::View::from),
            created_at: time::format(client.lifetime.created),
            last_used_at: client.lifetime.last_used.map(time::format),
            revoked_at: client.lifetime.revoked.map(time::format),
            version: client.version,
        }
    }
}

/// A client to make. Its secrets are made by themselves.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewOAuthClient)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    name: String,
    trust: Option<trust::Wanted>,
}

/// What shall change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OAuthClientChange)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    name: Option<String>,
    /// Replaces the trust as a whole; null: it takes no assertions.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<trust::Wanted>)]
    trust: Option<Option<trust::Wanted>>,
}

impl New {
    fn wish(&self) -> Result<ClientWish, Error> {
        let trust = self.trust.as_ref().map(trust::Wanted::wish).transpose()?;
        Ok(ClientWish { name: Some(self.name.clone()), trust: trust.map(Some) })
    }
}

impl Change {
    fn wish(&self) -> Result<ClientWish, Error> {
        let trust = self.trust.as_ref().map(|trust| trust.as_ref().map(trust::Wanted::wish).transpose());
        Ok(ClientWish { name: self.name.clone(), trust: trust.transpose()? })
    }
}

/// List the OAuth clients of a connection, in order of creation
#[utoipa::path(get, path = "/connections/{id}/oauth-clients", tag = "oauth-clients", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(Ids([connection]): Ids<1>, list: List) -> Result<Response, Problem> {
    let work = list.run(async move |tx, wanted| {
        let account = wanted.request.caller.account;
        Ok(admin::oauth_clients_page(tx, account, connection, &wanted.window).await?.map(View::from))
    });
    work.await
}

/// Make an OAuth client
#[utoipa::path(post, path = "/connections/{id}/oauth-clients", tag = "oauth-clients", request_body = New,
    responses((status = 201, description = "The client", body = View)))]
pub async fn create(Ids([connection]): Ids<1>, write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        Ok(Done::created(&View::from(admin::add_oauth_client(tx, request, connection, &body.wish()?).await?)))
    });
    work.await
}

/// Read an OAuth client
#[utoipa::path(get, path = "/oauth-clients/{id}", tag = "oauth-clients",
    responses((status = 200, description = "The client", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    let work = read
        .run(async move |tx, request| Ok(View::from(admin::oauth_client_of(tx, request.caller.account, id).await?)));
    work.await
}

/// Change an OAuth client
///
/// A changed trust ends the access tokens that were given for the one before.
#[utoipa::path(patch, path = "/oauth-clients/{id}", tag = "oauth-clients", request_body = Change,
    responses((status = 200, description = "The client", body = View)))]
pub async fn change(Ids([id]): Ids<1>, write: Write<Change>) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, body }| {
        Ok(Done::ok(&View::from(admin::change_oauth_client(tx, request, id, &body.wish()?).await?)))
    });
    work.await
}

/// Revoke an OAuth client with its access tokens at once
///
/// Revoking it again is no error.
#[utoipa::path(delete, path = "/oauth-clients/{id}", tag = "oauth-clients",
    responses((status = 204, description = "Revoked")))]
pub async fn revoke(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, asked| {
        admin::remove_oauth_client(tx, &asked.request, id).await?;
        Ok(Done::deleted())
    });
    work.await
}
