//! `admin-key create`, `admin-key list`, `admin-key revoke`.

use super::Failure;
use super::output::{Output, moment};
use crate::admin;
use crate::clock;
use crate::domain::{AdminKey, Id};
use crate::storage::Db;
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create a key; it is the only line on standard output and cannot be shown again
    Create {
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
    },
    /// List the keys of an account; the secrets are not shown
    List {
        #[arg(long, default_value = "default", value_name = "ACCOUNT")]
        account: String,
    },
    /// Revoke a key at once
    Revoke { id: Id },
}

pub async fn run(db: &Db, output: Output, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { account } => {
            let account = admin::find_account(db, &account).await?;
            let key = admin::create_admin_key(db, account.id).await?;
            let secret = key.secret.reveal();
            output.show(&json!({ "id": key.id.to_string(), "adminKey": secret }), &[secret.to_owned()]);
        }
        Command::List { account } => {
            let account = admin::find_account(db, &account).await?;
            let keys = admin::admin_keys(db, account.id).await?;
            let row = |key: &AdminKey| {
                let lifetime = &key.lifetime;
                vec![
                    key.id.to_string(),
                    moment(Some(lifetime.created)),
                    moment(lifetime.revoked),
                    moment(lifetime.last_used),
                ]
            };
            output.table(&["id", "created", "revoked", "last used"], &keys.iter().map(row).collect::<Vec<_>>());
        }
        Command::Revoke { id } => {
            admin::revoke_admin_key(db, id, clock::now()).await?;
            output.show(&json!({ "revoked": id.to_string() }), &[format!("Revoked admin key {id}.")]);
        }
    }
    Ok(())
}
