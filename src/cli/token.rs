//! `token create`, `token list`, `token revoke`.

use super::Failure;
use super::output::{Output, moment};
use crate::admin;
use crate::clock;
use crate::domain::{Id, Token};
use crate::storage::Db;
use jiff::{Span, SpanRelativeTo, Unit};
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Create a token; it is the only line on standard output and cannot be shown again
    Create {
        #[arg(long, value_name = "CONNECTION")]
        connection: String,
        #[arg(long, default_value = "default", value_name = "ACCOUNT")]
        account: String,
        /// How long it is good, such as 90d, 12h or 1y; for ever when left out
        #[arg(long, value_name = "TIME", value_parser = milliseconds)]
        expires_in: Option<i64>,
    },
    /// List the tokens of an account; the secrets are not shown
    List {
        #[arg(long, default_value = "default", value_name = "ACCOUNT")]
        account: String,
        #[arg(long, value_name = "CONNECTION")]
        connection: Option<String>,
    },
    /// Revoke a token at once
    Revoke { id: Id },
}

/// A span of time as people write it, in milliseconds. Months and years are those that begin now.
pub fn milliseconds(text: &str) -> Result<i64, String> {
    let hint = || format!("\"{text}\" is not a span of time. Write 90d, 12h or 1y.");
    let span: Span = text.parse().map_err(|_| hint())?;
    let now = jiff::Timestamp::from_millisecond(clock::now()).map_err(|_| hint())?.to_zoned(jiff::tz::TimeZone::UTC);
    let total = span.total((Unit::Millisecond, SpanRelativeTo::from(&now))).map_err(|_| hint())?;
    if total < 1.0 {
        return Err(hint());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a span that jiff accepts has fewer milliseconds than an i64 holds"
    )]
    Ok(total as i64)
}

pub async fn run(db: &Db, output: Output, command: Command) -> Result<(), Failure> {
    match command {
        Command::Create { connection, account, expires_in } => {
            let account = admin::find_account(db, &account).await?;
            let connection = admin::find_connection(db, account.id, &connection).await?;
            let token = admin::create_token(db, account.id, connection.id, expires_in).await?;
            let secret = token.secret.reveal();
            let value = json!({ "id": token.id.to_string(), "token": secret, "expires": moment(token.expires) });
            output.show(&value, &[secret.to_owned()]);
        }
        Command::List { account, connection } => {
            let account = admin::find_account(db, &account).await?;
            let connections = admin::connections(db, account.id).await?;
            let chosen = match &connection {
                Some(name) => Some(admin::find_connection(db, account.id, name).await?.id),
                None => None,
            };
            let tokens = admin::tokens(db, account.id, chosen).await?;
            let row = |token: &Token| {
                let owner = connections.iter().find(|connection| connection.id == token.connection);
                vec![
                    token.id.to_string(),
                    owner.map(|connection| connection.name.text.clone()).unwrap_or_default(),
                    moment(Some(token.lifetime.created)),
                    moment(token.lifetime.expires),
                    moment(token.lifetime.revoked),
                    moment(token.lifetime.last_used),
                ]
            };
            let rows: Vec<_> = tokens.iter().map(row).collect();
            output.table(&["id", "connection", "created", "expires", "revoked", "last used"], &rows);
        }
        Command::Revoke { id } => {
            admin::revoke_token(db, id, clock::now()).await?;
            output.show(&json!({ "revoked": id.to_string() }), &[format!("Revoked token {id}.")]);
        }
    }
    Ok(())
}
