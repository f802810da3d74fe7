//! Connections: the identity providers and HR systems that push into the account.

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done};
use crate::domain::Connection;
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An identity provider or HR system that pushes into the account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    dialect: String,
    role_ceiling: String,
    #[schema(format = DateTime)]
    created_at: String,
    version: i64,
}

impl From<Connection> for View {
    fn from(connection: Connection) -> Self {
        Self {
            id: connection.id.to_string(),
            name: connection.name.text,
            dialect: connection.dialect.to_string(),
            role_ceiling: connection.role_ceiling.to_string(),
            created_at: time::format(connection.created),
            version: connection.version,
        }
    }
}

/// A connection to make.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewConnection)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct New {
    /// Unique in the account without regard to case.
    name: String,
    /// auto, entra, okta or strict; auto when it is left out.
    dialect: Option<String>,
    /// The highest role that it may grant: standard_user, finance_admin or administrator; standard_user when it is left
    /// out.
    role_ceiling: Option<String>,
}

/// List the connections, in order of creation
#[utoipa::path(get, path = "/connections", tag = "connections", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(list: List) -> Result<Response, Problem> {
    let work = list.run(async |tx, wanted| {
        Ok(admin::connections_page(tx, wanted.request.caller.account, &wanted.window).await?.map(View::from))
    });
    work.await
}

/// Make a connection
#[utoipa::path(post, path = "/connections", tag = "connections", request_body = New,
    responses((status = 201, description = "The connection", body = View)))]
pub async fn create(write: Write<New>) -> Result<Response, Problem> {
    let work = write.run(async |tx, Asked { request, body: new }| {
        let dialect = new.dialect.as_deref().map(str::parse).transpose()?.unwrap_or_default();
        let role_ceiling = new.role_ceiling.as_deref().map(str::parse).transpose()?.unwrap_or_default();
        let made = admin::add_connection(tx, request.caller.account, &new.name, dialect, role_ceiling).await?;
        Ok(Done::created(&View::from(made)))
    });
    work.await
}

/// Read a connection
#[utoipa::path(get, path = "/connections/{id}", tag = "connections",
    responses((status = 200, description = "The connection", body = View)))]
pub async fn read(Ids([id]): Ids<1>, read: Read) -> Result<Response, Problem> {
    read.run(async move |tx, request| Ok(View::from(admin::connection_of(tx, request.caller.account, id).await?))).await
}
