//! Statistics for PostgreSQL's planner while a database is young.
//!
//! Every index leads with the account. Until a table has been analyzed, PostgreSQL takes an account for a small part of
//! it, so that any index looks as good as the right one, and a prepared statement keeps the plan it was given. Its own
//! autovacuum looks once a minute, which is long when an identity provider pushes ten thousand users at once.

use super::Pool;
use crate::storage::Error;
use diesel::prelude::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use std::time::Duration;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(5);

/// Tables of which a fifth has changed since PostgreSQL looked at them, quoted; not the provisioning log, which grows all the
/// time and is read by its key only.
const CHANGED: &str = "SELECT quote_ident(relname) AS name FROM pg_stat_user_tables \
                       WHERE schemaname = current_schema() AND n_mod_since_analyze > 50 + n_live_tup / 5 \
                       AND relname NOT LIKE 'provisioning_log%'";

#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Analyzes what has changed much, until the program ends. ANALYZE also drops the plans of all sessions.
pub async fn keep_statistics(pool: Pool) {
    let mut pause = tokio::time::interval(PAUSE);
    loop {
        pause.tick().await;
        let looked = async { analyze_changed(&mut *pool.connection().await?).await };
        if let Err(error) = looked.await {
            tracing::debug!(%error, "the statistics of the database were not looked at");
        }
    }
}

async fn analyze_changed(session: &mut AsyncPgConnection) -> Result<(), Error> {
    let changed: Vec<Table> = diesel::sql_query(CHANGED).load(session).await?;
    for table in changed {
        session.batch_execute(&format!("ANALYZE {}", table.name)).await?;
    }
    Ok(())
}
