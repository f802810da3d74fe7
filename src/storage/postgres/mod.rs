//! PostgreSQL: a pool for transactions and scans, some shared pipelined connections for point reads.

mod connect;
mod health;
mod pool;
mod queue;
mod statistics;

pub use health::health;
pub use pool::{Options, Pool};
pub use statistics::keep_statistics;

use super::sql::Dialect;
use diesel::result::QueryResult;
use diesel_async::SimpleAsyncConnection;

/// What the queries run on: a shared reference, so that the same query runs pipelined beside others or alone in a
/// transaction.
pub type Conn<'c> = &'c diesel_async::AsyncPgConnection;

pub use diesel_async::RunQueryDsl;

/// Sends words without values or an answer, all of them at once.
pub async fn send(mut conn: Conn<'_>, words: Vec<&'static str>) -> QueryResult<()> {
    if words.is_empty() { Ok(()) } else { conn.batch_execute(&words.join("; ")).await }
}

pub static DIALECT: Dialect = Dialect {
    find: "strpos",
    tail: ["right(", ", ", ")"],
    each: ["jsonb_array_elements(", ") e(value)"],
    by_code_point: " COLLATE \"C\"",
    id_as_text: "?::text",
    text_as_id: "?::uuid",
    no_id: ", NULL::uuid",
    // A thousand in a value, because a connection keeps the memory that its longest value took; all in one statement, because
    // only then all are of one moment.
    members_together: Some(
        "WITH RECURSIVE part(ids, last) AS (VALUES (''::bytea, '00000000-0000-0000-0000-000000000000'::uuid) \
         UNION ALL SELECT next.ids, encode(substr(next.ids, length(next.ids) - 15), 'hex')::uuid FROM part, LATERAL ( \
           SELECT string_agg(uuid_send(user_id), ''::bytea) AS ids FROM ( \
             SELECT user_id FROM memberships WHERE account_id = ? AND group_id = ? AND user_id > part.last \
             ORDER BY user_id LIMIT 1000) m) next WHERE next.ids IS NOT NULL) \
         SELECT ids FROM part",
    ),
    next_sequence: "(pg_current_xact_id()::text::bigint + (SELECT last_value FROM event_offset)) * 1048576 + ?",
    settled_sequences: " AND sequence < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint \
                        + (SELECT last_value FROM event_offset)) * 1048576",
    sequences_ahead: "sequence < 1 OR sequence >= (pg_snapshot_xmax(pg_current_snapshot())::text::bigint \
                      + (SELECT last_value FROM event_offset)) * 1048576",
    broken_file: "SELECT ''::text AS what WHERE FALSE",
    total_shards: 16,
    inserts_together: true,
    rows_at_once: 500,
};

#[path = "../queries/mod.rs"]
pub mod queries;
