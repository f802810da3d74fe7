//! Secrets that all replicas share.

use super::{Conn, RunQueryDsl};
use crate::storage::schema::secrets;
use diesel::prelude::{ExpressionMethods, QueryDsl};
use diesel::result::QueryResult;

/// The secret of that name; `proposal` becomes it when there is none yet.
pub async fn get_or_insert(conn: &mut Conn<'_>, name: &str, proposal: &[u8]) -> QueryResult<Vec<u8>> {
    let new = (secrets::name.eq(name), secrets::value.eq(proposal));
    diesel::insert_into(secrets::table).values(new).on_conflict_do_nothing().execute(conn).await?;
    secrets::table.find(name).select(secrets::value).first(conn).await
}
