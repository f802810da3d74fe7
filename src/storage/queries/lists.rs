//! Pages and counts of resources.

use super::{Conn, DIALECT, RunQueryDsl};
use crate::domain::Id;
use crate::storage::list::{Listed, Listing, Window};
use crate::storage::rows::Stored;
use crate::storage::types::DbId;
use diesel::result::QueryResult;

pub async fn page(conn: &mut Conn<'_>, listing: &Listing, window: &Window) -> QueryResult<Vec<Listed>> {
    type Row = (DbId, i64, i64, String, Option<String>, Option<DbId>);
    let rows: Vec<Row> = listing.rows(&DIALECT, window).load(conn).await?;
    let listed = |(id, version, last_modified, body, key, organization): Row| Listed {
        stored: Stored { id, version, last_modified, body },
        key,
        organization: organization.map(Id::from),
    };
    Ok(rows.into_iter().map(listed).collect())
}

pub async fn count(conn: &mut Conn<'_>, listing: &Listing) -> QueryResult<i64> {
    listing.count(&DIALECT).get_result(conn).await
}
