//! Pages and counts of users and groups.

use super::{Conn, DIALECT, RunQueryDsl};
use crate::storage::list::{Listing, Window};
use crate::storage::rows::Stored;
use crate::storage::types::DbId;
use diesel::result::QueryResult;

/// A page, each resource with its sort key.
pub async fn page(
    conn: &mut Conn<'_>,
    listing: &Listing,
    window: &Window,
) -> QueryResult<Vec<(Stored, Option<String>)>> {
    type Row = (DbId, i64, i64, String, Option<String>);
    let rows: Vec<Row> = listing.rows(&DIALECT, window).load(conn).await?;
    let listed = |(id, version, last_modified, body, key)| (Stored { id, version, last_modified, body }, key);
    Ok(rows.into_iter().map(listed).collect())
}

pub async fn count(conn: &mut Conn<'_>, listing: &Listing) -> QueryResult<i64> {
    listing.count(&DIALECT).get_result(conn).await
}
