//! The audit trail.

use super::Problem;
use super::list::{Items, List, Paging};
use crate::admin::{self, AuditFilter, AuditRow};
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An entry of the audit trail. It never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = DateTime)]
    at: String,
    /// `connection:<id>`, `user:<id>`, `account` for the account's own key, or `operator`.
    actor: String,
    /// The `x-request-id` of the request that did it.
    request_id: String,
    /// The connection through which it came.
    #[schema(format = "uuid")]
    connection: Option<String>,
    /// Such as `user.created`.
    action: String,
    subject: Subject,
    /// What changed, as `field`, `from`, `to`, and `by` where something else than the actor decided it.
    #[schema(value_type = Vec<Object>)]
    changes: Value,
    /// The reason that was given.
    why: Option<String>,
}

/// What something is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Subject {
    /// Such as `user`, `group`, `connection`, `account`.
    pub kind: String,
    pub id: String,
}

impl From<AuditRow> for View {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id.0.to_string(),
            at: time::format(row.id.0.created()),
            actor: row.actor,
            request_id: row.request_id,
            connection: row.connection_id.map(|id| id.0.to_string()),
            action: row.action,
            subject: Subject { kind: row.subject_kind, id: row.subject_id },
            changes: serde_json::from_str(&row.changes).unwrap_or_default(),
            why: row.why,
        }
    }
}

/// Which entries are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// The id of what they are about.
    subject: Option<String>,
    /// Who did it, as an entry shows it.
    actor: Option<String>,
    /// What was done, such as `user.created`.
    action: Option<String>,
}

/// List the audit trail, the newest entry first
#[utoipa::path(get, path = "/audit", tag = "audit", params(Paging, Filter),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(list: List<Filter>) -> Result<Response, Problem> {
    let work = list.run(async |tx, wanted| {
        let Filter { subject, actor, action } = &wanted.filters;
        let filter = AuditFilter { subject: subject.clone(), actor: actor.clone(), action: action.clone() };
        Ok(admin::audit_page(tx, &wanted.request, &wanted.window, filter).await?.map(View::from))
    });
    work.await
}
