//! `connection create`, `connection list`.

use super::Failure;
use super::output::{Output, moment};
use crate::admin;
use crate::domain::{Connection, Dialect, RoleCeiling};
use crate::storage::Db;
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create a connection
    Create {
        name: String,
        #[arg(long, value_name = "ACCOUNT")]
        account: String,
        /// auto, entra, okta or strict
        #[arg(long, default_value_t = Dialect::Auto)]
        dialect: Dialect,
        /// The highest role it may grant: standard_user, finance_admin or administrator
        #[arg(long, default_value_t = RoleCeiling::StandardUser)]
        role_ceiling: RoleCeiling,
    },
    /// List the connections of an account
    List {
        #[arg(long, default_value = "default", value_name = "ACCOUNT")]
        account: String,
    },
}

pub async fn run(db: &Db, output: Output, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { name, account, dialect, role_ceiling } => {
            let owner = admin::find_account(db, &account).await?;
            let connection = admin::create_connection(db, owner.id, &name, dialect, role_ceiling).await?;
            let value = json!({
                "id": connection.id.to_string(),
                "name": name,
                "account": owner.name.text,
                "dialect": dialect.to_string(),
                "roleCeiling": role_ceiling.to_string(),
            });
            let next = format!("Next: scim-connector token create --connection \"{name}\" --account \"{account}\"");
            output.show(&value, &[format!("Created connection \"{name}\"."), next]);
        }
        Command::List { account } => {
            let owner = admin::find_account(db, &account).await?;
            let connections = admin::connections(db, owner.id).await?;
            let row = |connection: &Connection| {
                vec![
                    connection.name.text.clone(),
                    connection.dialect.to_string(),
                    connection.role_ceiling.to_string(),
                    moment(Some(connection.created)),
                    connection.id.to_string(),
                ]
            };
            let rows: Vec<_> = connections.iter().map(row).collect();
            output.table(&["name", "dialect", "role ceiling", "created", "id"], &rows);
        }
    }
    Ok(())
}
