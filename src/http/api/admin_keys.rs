//! Keys of the account for this interface.

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::write::Write;
use crate::admin::{self, Done};
use crate::domain::{AdminKey, PlainSecret};
use crate::scim::time;
use axum::response::Response;
use serde::Serialize;
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
            created_at: time::format(lifetime.created),
            last_used_at: lifetime.last_used.map(time::format),
            revoked_at: lifetime.revoked.map(time::format),
            version: lifetime.version(),
        }
    }
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
#[utoipa::path(post, path = "/admin-keys", tag = "admin-keys",
    responses((status = 201, description = "The key with its secret", body = View)))]
pub async fn create(write: Write) -> Result<Response, Problem> {
    let work = write.run(async |tx, asked| {
        let (key, secret) = admin::add_admin_key(tx, asked.request.caller.account).await?;
        Ok(Done::created(&View::new(&key, Some(&secret))))
    });
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
