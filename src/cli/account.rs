//! `account create`, `account list`.

use super::Failure;
use super::output::{Output, moment};
use crate::admin;
use crate::domain::Preset;
use crate::storage::Db;
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create an account
    Create {
        name: String,
        /// default, easyink, acrobat, portal, org_admin or bulk_hub
        #[arg(long, default_value_t = Preset::Default)]
        preset: Preset,
    },
    /// List accounts
    List,
}

pub async fn run(db: &Db, output: Output, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { name, preset } => {
            let account = admin::create_account(db, &name, preset).await?;
            let value = json!({ "id": account.id.to_string(), "name": name, "preset": preset.to_string() });
            let next = format!("Next: scim-connector connection create NAME --account \"{name}\"");
            output.show(&value, &[format!("Created account \"{name}\"."), next]);
        }
        Command::List => {
            let accounts = admin::accounts(db).await?;
            let row = |account: &crate::domain::Account| {
                let preset = account.preset.to_string();
                vec![account.name.text.clone(), preset, moment(Some(account.created)), account.id.to_string()]
            };
            output.table(&["name", "preset", "created", "id"], &accounts.iter().map(row).collect::<Vec<_>>());
        }
    }
    Ok(())
}
