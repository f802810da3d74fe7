//! Credentials that end soon: named once a day in the log, and in the admin API.

use super::Error;
use crate::domain::{CredentialKind, Id};
use crate::provisioning::Service;
use crate::scim::time;
use crate::storage::Tx;

/// As many are looked at.
const MOST: i64 = 1000;

/// A credential that ends soon, and has no successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    pub kind: CredentialKind,
    pub id: Id,
    pub account: Id,
    pub connection: Id,
    /// Milliseconds since 1970.
    pub expires: i64,
}

/// Those that end before `until`, the next one first: of a connection of an account, or of all.
pub async fn expiring(
    tx: &mut Tx<'_>,
    connection: Option<(Id, Id)>,
    now: i64,
    until: i64,
) -> Result<Vec<Expiring>, Error> {
    let tokens = tx.expiring_tokens(connection, now, until, MOST).await?.into_iter().filter_map(|row| {
        let (kind, id, account) = (CredentialKind::Token, row.id.0, row.account_id.0);
        Some(Expiring { kind, id, account, connection: row.connection_id.0, expires: row.expires_at? })
    });
    let mut all: Vec<Expiring> = tokens.collect();
    let secrets =
        tx.expiring_oauth_secrets(connection, now, until, MOST).await?.into_iter().filter_map(|(row, connection)| {
            let (kind, id, account) = (CredentialKind::ClientSecret, row.id.0, row.account_id.0);
            Some(Expiring { kind, id, account, connection: connection.0, expires: row.expires_at? })
        });
    all.extend(secrets);
    all.sort_by_key(|expiring| expiring.expires);
    Ok(all)
}

/// Writes a line for each into the log.
pub async fn log_expiring(service: &Service, now: i64) -> Result<(), Error> {
    let until = now.saturating_add(service.settings.warn_before);
    for Expiring { kind, id, account, connection, expires } in
        service.db.scan(async move |tx| expiring(tx, None, now, until).await).await?
    {
        let expires = time::format(expires);
        match kind {
            CredentialKind::ClientSecret => {
                tracing::warn!(%account, %connection, secret = %id, expires, "a client secret ends soon; make another one");
            }
            _ => tracing::warn!(%account, %connection, token = %id, expires, "a token ends soon; rotate it"),
        }
    }
    Ok(())
}
