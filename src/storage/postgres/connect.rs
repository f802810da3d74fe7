//! One connection to PostgreSQL, with TLS when the URL or the server asks for it.

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use diesel_async::SimpleAsyncConnection;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a new connection may take, and how long the server may keep silent on one, before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a session is told first: give up what takes longer than any request may; use the indexes, because a plan that
/// was prepared while a table was small would read all of it for ever; compile no plan to machine code, which takes longer than
/// any statement here and is done for what looks dear, as every scan that is switched off does; and notice when nobody waits for
/// an answer any more, which versions before 14 do not know.
const SETTINGS: [&str; 4] = [
    "SET statement_timeout = '30s'",
    "SET enable_seqscan = off",
    "SET jit = off",
    "SET client_connection_check_interval = '1s'",
];

/// Opens a connection. Certificates are checked against those that the machine trusts.
pub async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let failed = |error: tokio_postgres::Error| ConnectionError::BadConnection(chain(&error));
    let mut config: tokio_postgres::Config = url.parse().map_err(failed)?;
    config.connect_timeout(PATIENCE).keepalives_idle(PATIENCE).tcp_user_timeout(PATIENCE);
    let opening = async {
        let (client, connection) = config.connect(tls()?).await.map_err(failed)?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    };
    let late = |_| ConnectionError::BadConnection(format!("no answer within {} seconds", PATIENCE.as_secs()));
    let mut connection = tokio::time::timeout(PATIENCE, opening).await.map_err(late)??;
    for setting in SETTINGS {
        if let Err(error) = connection.batch_execute(setting).await {
            tracing::debug!(%error, setting, "the server does not know this setting");
        }
    }
    Ok(connection)
}

fn tls() -> ConnectionResult<MakeRustlsConnect> {
    match crate::tls::client() {
        Some(config) => Ok(MakeRustlsConnect::new(config.clone())),
        None => Err(ConnectionError::BadConnection("TLS cannot be set up".to_owned())),
    }
}

/// An error with its causes, because the outermost one only says "error connecting to server".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
