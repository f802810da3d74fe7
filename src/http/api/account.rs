//! The account that the key belongs to.

use super::Problem;
use super::read::Read;
use crate::admin;
use crate::domain::Account;
use crate::scim::time;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    /// The product guide that the account follows.
    preset: String,
    #[schema(format = DateTime)]
    created_at: String,
    version: i64,
}

impl From<Account> for View {
    fn from(account: Account) -> Self {
        Self {
            id: account.id.to_string(),
            name: account.name.text,
            preset: account.preset.to_string(),
            created_at: time::format(account.created),
            version: account.version,
        }
    }
}

/// Read the account
#[utoipa::path(get, path = "/account", tag = "account",
    responses((status = 200, description = "The account", body = View)))]
pub async fn read(read: Read) -> Result<Response, Problem> {
    read.run(async |tx, request| Ok(View::from(admin::own_account(tx, request.caller.account).await?))).await
}
