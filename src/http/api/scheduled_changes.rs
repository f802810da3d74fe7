//! Changes of organization and roles that wait for a quiet hour.

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use super::write::Write;
use crate::admin::{self, Asked, Done, Error, Later, Request, ScheduledChangeRow, Tx};
use crate::domain::Id;
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A change that waits, or what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScheduledChange)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    user: String,
    #[schema(format = DateTime)]
    effective_at: String,
    /// `organization` or `roles`, with what they shall be.
    #[schema(value_type = Object)]
    change: Value,
    /// pending, done, refused or cancelled.
    state: String,
    /// Why it was refused.
    outcome: Option<String>,
    version: i64,
}

impl From<ScheduledChangeRow> for View {
    fn from(row: ScheduledChangeRow) -> Self {
        Self {
            id: row.id.0.to_string(),
            user: row.user_id.0.to_string(),
            effective_at: time::format(row.effective_at),
            change: serde_json::from_str(&row.change).unwrap_or_default(),
            state: row.state,
            outcome: row.outcome,
            version: row.version,
        }
    }
}

/// Whose changes are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// The id of a user; all users when it is left out.
    user: Option<String>,
}

/// Puts a change of a user off.
pub async fn put_off(
    tx: &mut Tx<'_>,
    request: &Request,
    user: Id,
    change: &Later,
    effective_at: &str,
) -> Result<Done, Error> {
    let wrong =
        Error::Invalid { field: "effectiveAt", detail: "effectiveAt must be a time such as 2030-01-31T22:00:00Z." };
    let (at, _) = time::parse(effective_at).ok_or(wrong)?;
    let row = admin::put_off(tx, request, user, change, at).await?;
    Ok(Done { status: 202, ..Done::ok(&View::from(row)) })
}

/// List the changes that were put off, in order of creation
///
/// Guardrails are judged when the hour has come, because the account may have changed meanwhile; a refused change says why.
#[utoipa::path(get, path = "/scheduled-changes", tag = "scheduled-changes", params(Paging, Filters),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(list: List<Filters>) -> Result<Response, Problem> {
    let work = list.run(async |tx, wanted| {
        let wrong = Error::Invalid { field: "user", detail: "user must be the id of a user." };
        let user = wanted.filters.user.as_deref().map(str::parse).transpose().map_err(|_| wrong)?;
        Ok(admin::scheduled(tx, &wanted.request, user, &wanted.window).await?.map(View::from))
    });
    work.await
}

/// Cancel a change that waits
#[utoipa::path(delete, path = "/scheduled-changes/{id}", tag = "scheduled-changes",
    responses((status = 204, description = "Cancelled")))]
pub async fn cancel(Ids([id]): Ids<1>, write: Write) -> Result<Response, Problem> {
    let work = write.run(async move |tx, Asked { request, .. }| {
        admin::cancel(tx, request, id).await?;
        Ok(Done::deleted())
    });
    work.await
}
