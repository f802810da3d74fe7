//! Every query, written once and compiled twice: as `storage::sqlite::queries` and `storage::postgres::queries`.
//!
//! `super` supplies `Conn`, `RunQueryDsl` and `DIALECT`. On PostgreSQL the futures are real; on SQLite they are ready
//! at once. No query opens a transaction: the caller of `Db::write` is in one.

/// Runs a statement under the condition that a column is one of some ids. One id is compared by itself: that statement is
/// prepared once on both databases, and no planner reads a whole group for it.
macro_rules! where_one_of {
    ($column:expr, $ids:expr, |$condition:ident| $statement:expr, $run:ident($conn:expr)) => {
        match $ids {
            [one] => {
                let $condition = $column.eq(DbId(*one));
                $crate::storage::sql::Cached($statement).$run($conn).await
            }
            ids => {
                let $condition = $column.eq_any($crate::storage::types::db_ids(ids));
                $statement.$run($conn).await
            }
        }
    };
}

pub mod accounts;
pub mod credentials;
pub mod deep;
pub mod groups;
pub mod idempotency;
pub mod ledger;
pub mod lists;
pub mod log;
pub mod memberships;
pub mod oauth;
pub mod organizations;
pub mod quirks;
pub mod schedule;
pub mod secrets;
pub mod signing_keys;
pub mod totals;
pub mod trusted_issuers;
pub mod users;

use super::{Conn, DIALECT, RunQueryDsl};
