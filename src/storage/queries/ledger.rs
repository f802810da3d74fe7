//! The audit trail and the events: append-only.

use super::{Conn, DIALECT, RunQueryDsl};
use crate::domain::{Event, Id};
use crate::storage::AuditQuery;
use crate::storage::rows::{AuditRow, EventRow};
use crate::storage::schema::audit;
use crate::storage::sql::{Piece, Sql, insert};
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;

pub async fn insert_audit(conn: &mut Conn<'_>, rows: &[AuditRow]) -> QueryResult<()> {
    let columns = "INSERT INTO audit (account_id, id, actor, request_id, connection_id, action, subject_kind, subject_id, \
                   changes, why)";
    for chunk in rows.chunks(DIALECT.rows_at_once) {
        insert(columns, chunk, audit_values).execute(conn).await?;
    }
    Ok(())
}

fn audit_values(row: &AuditRow) -> [Piece; 10] {
    [
        row.account_id.into(),
        row.id.into(),
        (&row.actor).into(),
        (&row.request_id).into(),
        row.connection_id.into(),
        (&row.action).into(),
        (&row.subject_kind).into(),
        (&row.subject_id).into(),
        (&row.changes).into(),
        (&row.why).into(),
    ]
}

/// Writes the events of a transaction.
pub async fn insert_events(conn: &mut Conn<'_>, events: &[Event]) -> QueryResult<()> {
    let columns = "INSERT INTO events (account_id, sequence, at, kind, cause, subject_kind, subject_id, version, data, \
                   request_id)";
    let numbered: Vec<(i64, &Event)> = (0..).zip(events).collect();
    for chunk in numbered.chunks(DIALECT.rows_at_once) {
        insert(columns, chunk, event_values).execute(conn).await?;
    }
    Ok(())
}

/// See `Dialect::next_sequence`.
fn sequence(account: DbId, number: i64) -> Piece {
    let mut sql: Sql<()> = Sql::new("");
    sql.template(DIALECT.next_sequence, |sql, place| {
        if place == 0 {
            sql.bigint(number)
        } else {
            sql.id(account)
        };
    });
    sql.into()
}

/// `number` counts the events of the transaction.
fn event_values(&(number, event): &(i64, &Event)) -> [Piece; 10] {
    let account = DbId(event.account);
    [
        account.into(),
        sequence(account, number),
        event.at.into(),
        event.kind.into(),
        Piece::OptionalText(event.cause.map(str::to_owned)),
        event.subject.kind.into(),
        event.subject.id.as_str().into(),
        event.version.into(),
        Piece::Text(event.data.to_string()),
        event.request_id.as_str().into(),
    ]
}

/// Events behind a sequence number that no running transaction can put another one before.
pub async fn events(conn: &mut Conn<'_>, account: Id, after: i64, limit: i64) -> QueryResult<Vec<EventRow>> {
    type Row = (i64, i64, String, Option<String>, String, String, i64, String, String);
    let mut sql: Sql<EventSql> = Sql::new(
        "SELECT sequence, at, kind, cause, subject_kind, subject_id, version, data, request_id FROM events \
         WHERE account_id = ",
    );
    sql.id(account).words(" AND sequence > ").bigint(after).words(DIALECT.settled_sequences);
    sql.words(" ORDER BY sequence LIMIT ").bigint(limit);
    let rows: Vec<Row> = sql.load(conn).await?;
    let event = |row: Row| EventRow {
        sequence: row.0,
        at: row.1,
        kind: row.2,
        cause: row.3,
        subject_kind: row.4,
        subject_id: row.5,
        version: row.6,
        data: row.7,
        request_id: row.8,
    };
    Ok(rows.into_iter().map(event).collect())
}

type EventSql = (
    diesel::sql_types::BigInt,
    diesel::sql_types::BigInt,
    diesel::sql_types::Text,
    diesel::sql_types::Nullable<diesel::sql_types::Text>,
    diesel::sql_types::Text,
    diesel::sql_types::Text,
    diesel::sql_types::BigInt,
    diesel::sql_types::Text,
    diesel::sql_types::Text,
);

/// Entries about one subject that one page looks through.
const MOST_ABOUT_ONE: i64 = 5_000;

/// The newest first.
pub async fn audit(conn: &mut Conn<'_>, account: Id, query: &AuditQuery) -> QueryResult<Vec<AuditRow>> {
    let mut found = audit::table.filter(audit::account_id.eq(DbId(account))).into_boxed();
    if let Some(subject) = &query.subject {
        // The ids by themselves: SQLite would rather read the whole trail than look up a row for each.
        let mut about = audit::table
            .filter(audit::account_id.eq(DbId(account)))
            .filter(audit::subject_id.eq(subject))
            .select(audit::id)
            .order(audit::id.desc())
            .limit(MOST_ABOUT_ONE)
            .into_boxed();
        if let Some(before) = query.before {
            about = about.filter(audit::id.lt(DbId(before)));
        }
        let ids: Vec<DbId> = about.load(conn).await?;
        found = found.filter(audit::id.eq_any(ids));
    }
    if let Some(actor) = &query.actor {
        found = found.filter(audit::actor.eq(actor));
    }
    if let Some(action) = &query.action {
        found = found.filter(audit::action.eq(action));
    }
    if let Some(before) = query.before {
        found = found.filter(audit::id.lt(DbId(before)));
    }
    found.select(AuditRow::as_select()).order(audit::id.desc()).limit(query.limit).load(conn).await
}
