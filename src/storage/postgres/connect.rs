//! One connection to PostgreSQL, with TLS when the URL or the server asks for it.

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use rustls::{ClientConfig, RootCertStore};
use std::sync::OnceLock;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Opens a connection. Certificates are checked against those that the machine trusts.
pub async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let failed = |error: tokio_postgres::Error| ConnectionError::BadConnection(chain(&error));
    let (client, connection) = tokio_postgres::connect(url, tls()?).await.map_err(failed)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

fn tls() -> ConnectionResult<MakeRustlsConnect> {
    // Reading the machine's certificates costs milliseconds.
    static CONFIG: OnceLock<Option<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        Some(versions.with_root_certificates(roots).with_no_client_auth())
    });
    match config {
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
