//! The change feed: what the product reads to follow the account.

use super::Problem;
use super::audit::Subject;
use super::read::Read;
use crate::admin::{self, EventRow};
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const DEFAULT: u16 = 100;
const MAXIMUM: u16 = 1000;

/// Something that happened. It never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
#[serde(rename_all = "camelCase")]
pub struct View {
    sequence: i64,
    #[schema(format = DateTime)]
    at: String,
    /// Such as `user.organization_changed`.
    kind: String,
    /// Why the product did it by itself, such as `rule` or `fallback`.
    cause: Option<String>,
    subject: Subject,
    /// The version of the subject after it.
    version: i64,
    #[schema(value_type = Object)]
    data: Value,
    /// The `x-request-id` of the request that did it.
    request_id: String,
}

impl From<EventRow> for View {
    fn from(row: EventRow) -> Self {
        Self {
            sequence: row.sequence,
            at: time::format(row.at),
            kind: row.kind,
            cause: row.cause,
            subject: Subject { kind: row.subject_kind, id: row.subject_id },
            version: row.version,
            data: serde_json::from_str(&row.data).unwrap_or_default(),
            request_id: row.request_id,
        }
    }
}

/// Events in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Events)]
pub struct Feed {
    items: Vec<View>,
    /// The `after` of the next request, also when there is nothing new.
    next: i64,
}

/// From where, and how many.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Place {
    /// The sequence number of the last event that is known; 0 is before the first.
    #[param(minimum = 0, default = 0)]
    after: Option<i64>,
    /// How many events at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
}

/// Read the change feed, the oldest event first
///
/// Ask again with `after` = `next`: whoever does so misses nothing and gets nothing twice. Sequence numbers rise, and numbers
/// may be left out between them. On PostgreSQL an event is shown once every transaction that is older than its own has
/// ended, so a long one anywhere in the database cluster delays the feed; it never shows an event in front of one that was
/// shown before.
#[utoipa::path(get, path = "/events", tag = "events", params(Place),
    responses((status = 200, description = "Events and where to go on", body = Feed)))]
pub async fn list(read: Read<Place>) -> Result<Response, Problem> {
    let Place { after, limit } = read.query;
    let (after, limit) = (after.unwrap_or_default(), limit.unwrap_or(DEFAULT));
    if after < 0 {
        let detail = "The parameter after is the sequence number of an event, or 0.";
        return Err(Problem::new(400, "parameter_invalid", detail).extra("parameter", "after"));
    }
    if !(1..=MAXIMUM).contains(&limit) {
        let detail = format!("The limit must be from 1 to {MAXIMUM}.");
        return Err(Problem::new(400, "parameter_invalid", detail).extra("parameter", "limit"));
    }
    let work = read.run(async move |tx, request| {
        let (rows, next) = admin::events_after(tx, request, after, limit.into()).await?;
        Ok(Feed { items: rows.into_iter().map(View::from).collect(), next })
    });
    work.await
}
