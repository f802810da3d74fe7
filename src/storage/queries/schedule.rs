//! Changes that wait for their hour.

use super::{Conn, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::ScheduledChangeRow;
use crate::storage::schema::scheduled_changes as changes;
use crate::storage::sql::Locked;
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;

pub async fn insert(conn: &mut Conn<'_>, row: &ScheduledChangeRow) -> QueryResult<()> {
    row.insert_into(changes::table).execute(conn).await?;
    Ok(())
}

pub async fn find(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<ScheduledChangeRow>> {
    let change = changes::table.find((DbId(account), DbId(id)));
    change.select(ScheduledChangeRow::as_select()).first(conn).await.optional()
}

/// One that still waits, kept from others until the transaction ends.
pub async fn find_pending(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<ScheduledChangeRow>> {
    let pending = changes::table.find((DbId(account), DbId(id))).filter(changes::state.eq("pending"));
    Ok(Locked(pending.select(ScheduledChangeRow::as_select())).load(conn).await?.pop())
}

/// Those of an account or of one user behind `after`, in order of creation.
pub async fn page(
    conn: &mut Conn<'_>,
    account: Id,
    user: Option<Id>,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<ScheduledChangeRow>> {
    let mut all = changes::table
        .filter(changes::account_id.eq(DbId(account)))
        .filter(changes::id.gt(DbId(after.unwrap_or(Id::NIL))))
        .into_boxed();
    if let Some(user) = user {
        all = all.filter(changes::user_id.eq(DbId(user)));
    }
    all.select(ScheduledChangeRow::as_select()).order(changes::id).limit(limit).load(conn).await
}

/// Those whose hour has come, in any account.
pub async fn due(conn: &mut Conn<'_>, now: i64, limit: i64) -> QueryResult<Vec<(DbId, DbId)>> {
    changes::table
        .filter(changes::state.eq("pending"))
        .filter(changes::effective_at.le(now))
        .select((changes::account_id, changes::id))
        .order(changes::effective_at)
        .limit(limit)
        .load(conn)
        .await
}

/// Ends one that waited.
pub async fn finish(conn: &mut Conn<'_>, account: Id, id: Id, state: &str, outcome: Option<&str>) -> QueryResult<()> {
    let change = changes::table.find((DbId(account), DbId(id)));
    let end = (changes::state.eq(state), changes::outcome.eq(outcome), changes::version.eq(changes::version + 1));
    diesel::update(change).set(end).execute(conn).await?;
    Ok(())
}
