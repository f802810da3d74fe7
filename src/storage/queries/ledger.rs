//! The audit trail and the events: append-only.

use super::{Conn, DIALECT, RunQueryDsl};
use crate::domain::{Event, Id};
use crate::storage::AuditQuery;
use crate::storage::rows::{AuditRow, EventRow};
use crate::storage::schema::audit;
use crate::storage::sql::Sql;
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, Insertable, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;

pub async fn insert_audit(conn: &mut Conn<'_>, rows: &[AuditRow]) -> QueryResult<()> {
    // One entry by itself is a statement that can be prepared once.
    match rows {
        [one] => drop(one.insert_into(audit::table).execute(conn).await?),
        rows => {
            for chunk in rows.chunks(1_000) {
                chunk.insert_into(audit::table).execute(conn).await?;
            }
        }
    }
    Ok(())
}

/// Events of one statement that is worth preparing: with more there are too many shapes of it.
const FEW_EVENTS: usize = 4;

/// Writes the events of a transaction.
pub async fn insert_events(conn: &mut Conn<'_>, events: &[Event]) -> QueryResult<()> {
    let mut numbered = (0..).zip(events);
    for chunk in events.chunks(DIALECT.rows_at_once) {
        let mut sql: Sql<()> = Sql::new(
            "INSERT INTO events (account_id, sequence, at, kind, cause, subject_kind, subject_id, version, data, request_id) \
             VALUES (",
        );
        if chunk.len() > FEW_EVENTS {
            sql.never_cached();
        }
        for (place, (number, event)) in numbered.by_ref().take(chunk.len()).enumerate() {
            sql.words(if place == 0 { "" } else { "), (" });
            push_event(&mut sql, event, number);
        }
        sql.words(")");
        sql.execute(conn).await?;
    }
    Ok(())
}

/// The values of an event; `number` counts those of the transaction. See `Dialect::next_sequence`.
fn push_event(sql: &mut Sql<()>, event: &Event, number: i64) {
    sql.id(event.account).words(", ");
    for (index, words) in DIALECT.next_sequence.split('?').enumerate() {
        match index {
            0 => {}
            1 => drop(sql.bigint(number)),
            _ => drop(sql.id(event.account)),
        }
        sql.words(words);
    }
    sql.words(", ").bigint(event.at).words(", ").text(event.kind).words(", ");
    match event.cause {
        Some(cause) => sql.text(cause),
        None => sql.words("NULL"),
    };
    sql.words(", ").text(event.subject.kind).words(", ").text(event.subject.id.as_str());
    sql.words(", ").bigint(event.version).words(", ").text(event.data.to_string());
    sql.words(", ").text(event.request_id.as_str());
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
