//! SQLite: one writer thread with group commit, some reader threads; the queries over plain diesel.

mod open;
mod ready;
mod threads;

pub use open::{backup, break_off_after, health, log_health, log_path, open_for_command, open_for_server, open_log};
pub use ready::{RunQueryDsl, run_ready};
pub use threads::Threads;

use super::sql::Dialect;

/// What the queries run on.
pub struct Conn<'c>(pub &'c mut diesel::sqlite::SqliteConnection);

pub static DIALECT: Dialect = Dialect {
    find: "instr",
    tail: ["substr(", ", -", ")"],
    each: ["json_each(", ") e"],
    by_code_point: "",
    id_as_text: "lower(substr(hex(?), 1, 8) || '-' || substr(hex(?), 9, 4) || '-' || substr(hex(?), 13, 4) || '-' \
                 || substr(hex(?), 17, 4) || '-' || substr(hex(?), 21))",
    text_as_id: "unhex(replace(?, '-', ''))",
    no_id: ", NULL",
    members_together: None,
    next_sequence: "(SELECT COALESCE(MAX(sequence), 0) + 1 + 0 * ? FROM events WHERE account_id = ?)",
    settled_sequences: "",
    sequences_ahead: "sequence < 1",
    broken_file: "SELECT integrity_check AS what FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
    total_shards: 1,
    inserts_together: false,
    rows_at_once: 1,
};

#[path = "../queries/mod.rs"]
#[expect(clippy::duplicate_mod, reason = "the queries are compiled once for each database")]
pub mod queries;
