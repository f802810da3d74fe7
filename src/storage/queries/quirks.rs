//! What clients of a connection send otherwise than the RFCs say.

use super::{Conn, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::QuirkRow;
use crate::storage::schema::connection_quirks as quirks;
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;
use diesel::upsert::excluded;

/// Counts sightings to those before; the last sample stays.
pub async fn count(conn: &mut Conn<'_>, row: &QuirkRow) -> QueryResult<()> {
    diesel::insert_into(quirks::table)
        .values(row)
        .on_conflict((quirks::account_id, quirks::connection_id, quirks::name))
        .do_update()
        .set((
            quirks::last_seen.eq(excluded(quirks::last_seen)),
            quirks::count.eq(quirks::count + excluded(quirks::count)),
            quirks::sample.eq(excluded(quirks::sample)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// At most `limit` in order of their names, those that come behind `after`.
pub async fn of_connection(
    conn: &mut Conn<'_>,
    account: Id,
    connection: Id,
    after: &str,
    limit: i64,
) -> QueryResult<Vec<QuirkRow>> {
    quirks::table
        .filter(quirks::account_id.eq(DbId(account)))
        .filter(quirks::connection_id.eq(DbId(connection)))
        .filter(quirks::name.gt(after))
        .select(QuirkRow::as_select())
        .order(quirks::name)
        .limit(limit)
        .load(conn)
        .await
}
