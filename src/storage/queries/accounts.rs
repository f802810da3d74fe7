//! Accounts and connections.

use super::{Conn, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::{AccountRow, ConnectionRow};
use crate::storage::schema::{accounts, connections};
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;

pub async fn insert(conn: &mut Conn<'_>, row: &AccountRow) -> QueryResult<()> {
    row.insert_into(accounts::table).execute(conn).await?;
    Ok(())
}

/// In order of creation.
pub async fn list(conn: &mut Conn<'_>) -> QueryResult<Vec<AccountRow>> {
    accounts::table.select(AccountRow::as_select()).order(accounts::id).load(conn).await
}

pub async fn by_name(conn: &mut Conn<'_>, name_key: &str) -> QueryResult<Option<AccountRow>> {
    let found = accounts::table.filter(accounts::name_key.eq(name_key)).select(AccountRow::as_select());
    found.first(conn).await.optional()
}

pub async fn find(conn: &mut Conn<'_>, account: Id) -> QueryResult<Option<AccountRow>> {
    accounts::table.find(DbId(account)).select(AccountRow::as_select()).first(conn).await.optional()
}

pub async fn insert_connection(conn: &mut Conn<'_>, row: &ConnectionRow) -> QueryResult<()> {
    row.insert_into(connections::table).execute(conn).await?;
    Ok(())
}

/// In order of creation.
pub async fn connections(conn: &mut Conn<'_>, account: Id) -> QueryResult<Vec<ConnectionRow>> {
    let all = connections::table.filter(connections::account_id.eq(DbId(account)));
    all.select(ConnectionRow::as_select()).order(connections::id).load(conn).await
}

/// At most `limit`, in order of creation, those that come behind `after`.
pub async fn connections_after(
    conn: &mut Conn<'_>,
    account: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<ConnectionRow>> {
    let behind = connections::id.gt(DbId(after.unwrap_or(Id::first_of(0))));
    let page = connections::table.filter(connections::account_id.eq(DbId(account))).filter(behind);
    page.select(ConnectionRow::as_select()).order(connections::id).limit(limit).load(conn).await
}

pub async fn connection(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<ConnectionRow>> {
    let found = connections::table.find((DbId(account), DbId(id)));
    found.select(ConnectionRow::as_select()).first(conn).await.optional()
}

pub async fn connection_by_name(
    conn: &mut Conn<'_>,
    account: Id,
    name_key: &str,
) -> QueryResult<Option<ConnectionRow>> {
    let all = connections::table.filter(connections::account_id.eq(DbId(account)));
    let found = all.filter(connections::name_key.eq(name_key)).select(ConnectionRow::as_select());
    found.first(conn).await.optional()
}
