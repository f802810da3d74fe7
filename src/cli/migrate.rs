//! `migrate run`, `migrate status`.

use super::Failure;
use super::output::Output;
use crate::storage::Db;
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run the migrations that have not run yet
    Run,
    /// Show which migrations have run
    Status,
}

pub async fn run(db: &Db, output: Output, command: Command) -> Result<(), Failure> {
    match command {
        Command::Run => {
            db.migrate().await?;
            output.show(&json!({ "migrated": true }), &["The database is up to date.".to_owned()]);
        }
        Command::Status => {
            let state = |applied: bool| if applied { "applied" } else { "pending" }.to_owned();
            let statuses = db.migrations().await?;
            let rows: Vec<_> = statuses.iter().map(|status| vec![status.name.clone(), state(status.applied)]).collect();
            output.table(&["migration", "state"], &rows);
        }
    }
    Ok(())
}
