//! Keys of the account for this interface.

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done};
use crate::domain::{AdminKey, PlainSecret};
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A key that opens the admin API of its account. It does not expire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AdminKey)]
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
    last_used_at: Option<String>,
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    version: i64,
}

impl View {
    fn new(key: &AdminKey, secret: Option<&PlainSecret>) -> Self {
        let lifetime = &key.lifetime;
        Self {
            id: key.id.to_string(),
            secret: secret.map(|secret| secret.reveal().to_owned()),
            user: key.user.map(|user| user.to_string()),
            created_at: time::format(lifetime.created),
            last_used_at: lifetime.last_used.map(time::format),
            revoked_at: lifetime.revoked.map(time::format),
            version: lifetime.version(),
        }
    }
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewAdminKey)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// The id of a user of the account whom the key stands for: it opens something while he is an active administrator, and
    /// he cannot remove, deactivate or demote himself with it.
    #[schema(format = "uuid")]
    user: Option<String>,
}

/// List the admin keys, in order of creation
#[utoipa::path(get, path = "/admin-keys", tag = "admin-keys", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(list: List) -> Result<Response, Problem> {
    let work = list.run(async |tx, wanted| {
        let page = admin::admin_keys_page(tx, wanted.request.caller.account, &wanted.window).await?;
        Ok(page.map(|key| View::new(&key, None)))
    });
    work.await
}

/// Make an admin key; its secret is shown once
#[utoipa::path(post, path = "/admin-keys", tag = "admin-keys", request_body = New,
    responses((status = 201, description = "The key with its secret", body = View)))]
pub async fn create(write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async |tx, Asked { request, body: new }| {
        let (key, secret) = admin::add_admin_key(tx, request, new.user.as_deref()).await?;
        Ok(Done::created(&View::new(&key, Some(&secret))))
    });
    work.await
}

/// Read an admin key
#[utoipa::path(get, path = "/admin-keys/{id}", tag = "admin-keys",
    responses((status = 200, description = "The key without its secret", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    let work = read
        .run(async move |tx, request| Ok(View::new(&admin::admin_key_of(tx, request.caller.account, id).await?, None)));
    work.await
}

/// Revoke an admin key at once
///
/// The key that asks cannot revoke itself: `self_removal`. Revoking another one again is no error.
#[utoipa::path(delete, path = "/admin-keys/{id}", tag = "admin-keys",
    responses((status = 204, description = "Revoked")))]
pub async fn revoke(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, asked| {
        admin::remove_admin_key(tx, &asked.request, id).await?;
        Ok(Done::deleted())
    });
    work.await
}
