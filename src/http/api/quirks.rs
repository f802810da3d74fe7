//! What the client of a connection sends otherwise than the RFCs say.

use super::Problem;
use super::caller::Ids;
use super::list::{Items, List, Paging};
use crate::admin::{self, QuirkRow};
use crate::scim::quirk::Repair;
use crate::scim::time;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that the client of a connection sends otherwise than the RFCs say, and that is understood all the same.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quirk)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// A stable word.
    name: String,
    /// What the client sends.
    sends: &'static str,
    /// What is made of it.
    made: &'static str,
    /// Where it was the last time: an attribute, a schema, a part of the message. Never a value.
    sample: String,
    /// Requests in which it was.
    count: i64,
    #[schema(format = DateTime)]
    first_seen_at: String,
    #[schema(format = DateTime)]
    last_seen_at: String,
}

impl From<QuirkRow> for View {
    fn from(row: QuirkRow) -> Self {
        // What a newer replica has counted may have a name that is not known here.
        let repair = Repair::by_name(&row.name);
        Self {
            sends: repair.map_or("", Repair::sends),
            made: repair.map_or("", Repair::made),
            name: row.name,
            sample: row.sample,
            count: row.count,
            first_seen_at: time::format(row.first_seen),
            last_seen_at: time::format(row.last_seen),
        }
    }
}

/// List the quirks that were seen on a connection, in order of their names
///
/// It is written down every few seconds. docs/dialects.md says what is made of each.
#[utoipa::path(get, path = "/connections/{id}/quirks", tag = "quirks", params(Paging),
    responses((status = 200, description = "A page", body = Items<View>)))]
pub async fn list(Ids([connection]): Ids<1>, list: List) -> Result<Response, Problem> {
    let work = list.run(async move |tx, wanted| {
        let account = wanted.request.caller.account;
        Ok(admin::quirks_page(tx, account, connection, &wanted.window).await?.map(View::from))
    });
    work.await
}
