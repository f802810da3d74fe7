//! The provisioning log. Everything is found by its key: account, connection, request.

use super::{Conn, DIALECT, RunQueryDsl};
use crate::domain::Id;
use crate::storage::LogQuery;
use crate::storage::rows::{LogRow, WholeLogRow};
use crate::storage::schema::provisioning_log as log;
use crate::storage::schema::provisioning_log_totals as totals;
use crate::storage::sql::{Locked, Piece, insert as insert_rows};
use crate::storage::types::DbId;
use diesel::dsl::sql;
use diesel::prelude::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;
use diesel::sql_types::{Bool, Text};

/// The statement of one entry: on SQLite there are no others.
enum InsertOne {}

pub async fn insert(conn: &mut Conn<'_>, rows: &[WholeLogRow]) -> QueryResult<()> {
    let columns = "INSERT INTO provisioning_log (account_id, connection_id, id, size, status, outcome, micros, method, path, \
                   query, filter, resource_type, resource_id, user_agent, credential_id, client_address, scim_type, code, \
                   detail, quirks, changes, body_bytes, body_cut, body, failures)";
    for chunk in rows.chunks(DIALECT.rows_at_once) {
        let sql = insert_rows(columns, chunk, values);
        match chunk {
            [_] => sql.fixed::<InsertOne>().execute(conn).await?,
            _ => sql.execute(conn).await?,
        };
    }
    Ok(())
}

fn values(WholeLogRow { row, body_cut, body, failures }: &WholeLogRow) -> [Piece; 25] {
    [
        row.account_id.into(),
        row.connection_id.into(),
        row.id.into(),
        row.size.into(),
        row.status.into(),
        (&row.outcome).into(),
        row.micros.into(),
        (&row.method).into(),
        (&row.path).into(),
        (&row.query).into(),
        (&row.filter).into(),
        (&row.resource_type).into(),
        (&row.resource_id).into(),
        (&row.user_agent).into(),
        row.credential_id.into(),
        (&row.client_address).into(),
        (&row.scim_type).into(),
        (&row.code).into(),
        (&row.detail).into(),
        (&row.quirks).into(),
        (&row.changes).into(),
        row.body_bytes.into(),
        (*body_cut).into(),
        body.into(),
        failures.into(),
    ]
}

/// Counts what was written or forgotten.
pub async fn add_bytes(conn: &mut Conn<'_>, account: Id, connection: Id, bytes: i64) -> QueryResult<()> {
    let row =
        (totals::account_id.eq(DbId(account)), totals::connection_id.eq(DbId(connection)), totals::bytes.eq(bytes));
    let added = diesel::insert_into(totals::table).values(row);
    let known = added.on_conflict((totals::account_id, totals::connection_id)).do_update();
    known.set(totals::bytes.eq(totals::bytes + bytes)).execute(conn).await?;
    Ok(())
}

/// The newest first.
pub async fn page(conn: &mut Conn<'_>, account: Id, connection: Id, query: &LogQuery) -> QueryResult<Vec<LogRow>> {
    let of_connection = log::account_id.eq(DbId(account)).and(log::connection_id.eq(DbId(connection)));
    let mut found = log::table.filter(of_connection).select(LogRow::as_select()).into_boxed();
    let LogQuery {
        before,
        since,
        request,
        status,
        outcome,
        method,
        resource_type,
        resource_id,
        code,
        quirk,
        path,
        limit,
    } = query;
    if let Some(before) = before {
        found = found.filter(log::id.lt(DbId(*before)));
    }
    if let Some(since) = since {
        found = found.filter(log::id.ge(DbId(*since)));
    }
    if let Some(request) = request {
        found = found.filter(log::id.eq(DbId(*request)));
    }
    if let Some((least, greatest)) = status {
        found = found.filter(log::status.between(*least, *greatest));
    }
    if let Some(outcome) = outcome {
        found = found.filter(log::outcome.eq(outcome));
    }
    if let Some(method) = method {
        found = found.filter(log::method.eq(method));
    }
    if let Some(resource_type) = resource_type {
        found = found.filter(log::resource_type.eq(resource_type));
    }
    if let Some(resource_id) = resource_id {
        found = found.filter(log::resource_id.eq(resource_id));
    }
    if let Some(code) = code {
        found = found.filter(log::code.eq(code));
    }
    let contains = |column: &str, part: String| {
        sql::<Bool>(&format!("{}({column}, ", DIALECT.find)).bind::<Text, _>(part).sql(") > 0")
    };
    if let Some(quirk) = quirk {
        found = found.filter(contains("quirks", format!("\"name\":\"{quirk}\"")));
    }
    if let Some(path) = path {
        found = found.filter(contains("path", path.clone()));
    }
    found.order(log::id.desc()).limit(*limit).load(conn).await
}

/// An entry of one of these connections.
pub async fn find(conn: &mut Conn<'_>, account: Id, connections: &[Id], id: Id) -> QueryResult<Option<WholeLogRow>> {
    let connections: Vec<DbId> = connections.iter().copied().map(DbId).collect();
    let one = log::account_id.eq(DbId(account)).and(log::connection_id.eq_any(connections)).and(log::id.eq(DbId(id)));
    log::table.filter(one).select(WholeLogRow::as_select()).first(conn).await.optional()
}

/// Those that have entries, with their accounts.
pub async fn connections(conn: &mut Conn<'_>) -> QueryResult<Vec<(DbId, DbId)>> {
    let all = totals::table.filter(totals::bytes.gt(0)).select((totals::account_id, totals::connection_id));
    all.order((totals::account_id, totals::connection_id)).load(conn).await
}

/// What a connection has in the log. Nobody else counts until the transaction ends.
pub async fn bytes_locked(conn: &mut Conn<'_>, account: Id, connection: Id) -> QueryResult<i64> {
    let known = totals::table.find((DbId(account), DbId(connection))).select(totals::bytes);
    Ok(Locked(known).get_result(conn).await.optional()?.unwrap_or_default())
}

/// The oldest entries of a connection and their sizes.
pub async fn oldest(conn: &mut Conn<'_>, account: Id, connection: Id, limit: i64) -> QueryResult<Vec<(DbId, i64)>> {
    let of_connection = log::account_id.eq(DbId(account)).and(log::connection_id.eq(DbId(connection)));
    let oldest = log::table.filter(of_connection).select((log::id, log::size)).order(log::id).limit(limit);
    oldest.load(conn).await
}

/// Forgets this entry and those before it.
pub async fn forget_until(conn: &mut Conn<'_>, account: Id, connection: Id, last: Id) -> QueryResult<()> {
    let of_connection = log::account_id.eq(DbId(account)).and(log::connection_id.eq(DbId(connection)));
    diesel::delete(log::table.filter(of_connection).filter(log::id.le(DbId(last)))).execute(conn).await?;
    Ok(())
}
