//! Answers that are given again when a request is repeated with its key.

use super::{Conn, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::IdempotencyRow;
use crate::storage::schema::idempotency;
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;

/// Takes the key of `row` for this transaction: nothing comes back, and `row` stands for the answer that is still to be
/// found. When another request has the key, its row comes back; on PostgreSQL this waits until that request has ended.
pub async fn claim(conn: &mut Conn<'_>, row: &IdempotencyRow, good_since: i64) -> QueryResult<Option<IdempotencyRow>> {
    let known = idempotency::table.find((row.account_id, &row.idempotency_key));
    diesel::delete(known.filter(idempotency::at.lt(good_since))).execute(conn).await?;
    let inserted = row.insert_into(idempotency::table).on_conflict_do_nothing().execute(conn).await?;
    if inserted > 0 {
        return Ok(None);
    }
    known.select(IdempotencyRow::as_select()).first(conn).await.optional()
}

/// Writes down the answer of the request that has the key.
pub async fn answer(
    conn: &mut Conn<'_>,
    account: Id,
    key: &str,
    status: i32,
    body: &str,
    etag: Option<&str>,
) -> QueryResult<()> {
    let change = (idempotency::status.eq(status), idempotency::body.eq(body), idempotency::etag.eq(etag));
    diesel::update(idempotency::table.find((DbId(account), key))).set(change).execute(conn).await?;
    Ok(())
}

/// Forgets the answers that are older.
pub async fn forget(conn: &mut Conn<'_>, good_since: i64) -> QueryResult<()> {
    diesel::delete(idempotency::table.filter(idempotency::at.lt(good_since))).execute(conn).await?;
    Ok(())
}
