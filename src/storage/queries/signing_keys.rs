//! The keys that sign access tokens: the same on every replica.

use super::{Conn, RunQueryDsl};
use crate::storage::rows::SigningKeyRow;
use crate::storage::schema::signing_keys;
use diesel::prelude::{Insertable, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;

/// The oldest first.
pub async fn all(conn: &mut Conn<'_>) -> QueryResult<Vec<SigningKeyRow>> {
    let all = signing_keys::table.select(SigningKeyRow::as_select());
    all.order((signing_keys::created_at, signing_keys::id)).load(conn).await
}

pub async fn insert(conn: &mut Conn<'_>, row: &SigningKeyRow) -> QueryResult<()> {
    row.insert_into(signing_keys::table).execute(conn).await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn<'_>, id: &str) -> QueryResult<()> {
    diesel::delete(signing_keys::table.find(id)).execute(conn).await?;
    Ok(())
}
