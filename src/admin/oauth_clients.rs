//! OAuth clients of a connection with their secrets: made, shown once, listed, revoked.

use super::connections::connection_of;
use super::credentials::{change, moment, note_revoked};
use super::trust::TrustWish;
use super::{Error, Page, Request, Window, note};
use crate::domain::{Change, ClientSecret, Id, Lifetime, Name, OAuthClient, PlainSecret, SecretKind, Subject, Trust};
use crate::storage::rows::{OAuthClientRow, OAuthSecretRow};
use crate::storage::{Db, Error as StorageError, Tx};
use serde_json::Value;

/// What an administrator says of a client; what he does not say stays.
#[derive(Debug, Clone, Default)]
pub struct ClientWish {
    pub name: Option<String>,
    /// `Some(None)`: it takes no assertions.
    pub trust: Option<Option<TrustWish>>,
}

pub async fn add_oauth_client(
    tx: &mut Tx<'_>,
    request: &Request,
    connection: Id,
    wish: &ClientWish,
) -> Result<OAuthClient, Error> {
    let account = request.caller.account;
    connection_of(tx, account, connection).await?;
    let id = Id::new();
    let client = OAuthClient {
        id,
        account,
        connection,
        name: named(wish.name.as_deref().unwrap_or_default())?,
        trust: wish.trust(request, id)?.flatten(),
        trust_version: 1,
        version: 1,
        lifetime: Lifetime::from(id.created(), None),
    };
    tx.insert_oauth_client(&OAuthClientRow::new(&client)).await?;
    let mut changes = vec![
        change("connection", Value::Null, connection.to_string().into()),
        change("name", Value::Null, client.name.clone().into()),
    ];
    changes.extend(trust_change(None, client.trust.as_ref()));
    note(tx, request, "oauth_client.created", subject(id), changes);
    Ok(client)
}

/// Changes a client. Access tokens that were given for an earlier trust are no longer good.
pub async fn change_oauth_client(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    wish: &ClientWish,
) -> Result<OAuthClient, Error> {
    let before = oauth_client_of(tx, request.caller.account, id).await?;
    request.check_version(before.version)?;
    let mut after = before.clone();
    if let Some(name) = &wish.name {
        after.name = named(name)?;
    }
    if let Some(trust) = wish.trust(request, id)? {
        after.trust = trust;
    }
    if after == before {
        return Ok(before);
    }
    if after.trust != before.trust {
        after.trust_version += 1;
    }
    let mut changes = Vec::new();
    if after.name != before.name {
        changes.push(change("name", before.name.clone().into(), after.name.clone().into()));
    }
    changes.extend(trust_change(before.trust.as_ref(), after.trust.as_ref()));
    save(tx, &mut after).await?;
    note(tx, request, "oauth_client.updated", subject(id), changes);
    Ok(after)
}

/// Revokes a client with all its access tokens, at once on every replica. Revoking twice is no error.
pub async fn remove_oauth_client(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    let before = oauth_client_of(tx, request.caller.account, id).await?;
    request.check_version(before.version)?;
    if before.lifetime.revoked.is_none() {
        let mut after = before.clone();
        after.lifetime.revoked = Some(request.now);
        save(tx, &mut after).await?;
    }
    note_revoked(tx, request, "oauth_client.revoked", subject(id), &before.lifetime);
    Ok(())
}

async fn save(tx: &mut Tx<'_>, client: &mut OAuthClient) -> Result<(), Error> {
    client.version += 1;
    match tx.update_oauth_client(&OAuthClientRow::new(client)).await? {
        true => Ok(()),
        false => Err(StorageError::Contention("the OAuth client was changed meanwhile".to_owned()).into()),
    }
}

impl ClientWish {
    /// By RFC 7523 §3 a client speaks for itself: issuer and subject are its own id, the audience is this server.
    /// Somebody else who speaks for it (workload identity federation) must be named with the subject that he uses.
    fn trust(&self, request: &Request, client: Id) -> Result<Option<Option<Trust>>, Error> {
        let wish = match &self.trust {
            None => return Ok(None),
            Some(None) => return Ok(Some(None)),
            Some(Some(wish)) => wish,
        };
        let id = client.to_string();
        let is_own = wish.issuer.as_ref().is_none_or(|issuer| *issuer == id);
        if !is_own && wish.subject.is_none() {
            let detail =
                "Name the subject (sub) for which the issuer speaks; otherwise everybody whom it knows gets in.";
            return Err(Error::Invalid { field: "subject", detail });
        }
        let audiences = request.service.oauth.audiences();
        wish.trust(request, (Some(id.clone()), audiences, is_own.then_some(id))).map(|trust| Some(Some(trust)))
    }
}

/// In order of creation.
pub async fn oauth_clients_page(
    tx: &mut Tx<'_>,
    account: Id,
    connection: Id,
    window: &Window,
) -> Result<Page<OAuthClient>, Error> {
    connection_of(tx, account, connection).await?;
    let rows = tx.oauth_clients_after(account, connection, window.after_id()?, window.rows()).await?;
    let clients = rows.into_iter().map(OAuthClientRow::client).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(clients, window, |client| client.id.to_string()))
}

/// A client of the account.
pub async fn oauth_client_of(tx: &mut Tx<'_>, account: Id, id: Id) -> Result<OAuthClient, Error> {
    let found = tx.oauth_client_of(account, id).await?;
    Ok(found.ok_or_else(|| Error::NotVisible { what: "OAuth client", id: id.to_string() })?.client()?)
}

/// Makes one more secret for a client. `lifetime` is in milliseconds; without it the secret does not expire.
pub async fn add_secret(
    tx: &mut Tx<'_>,
    request: &Request,
    client: Id,
    lifetime: Option<i64>,
) -> Result<(ClientSecret, PlainSecret), Error> {
    let account = request.caller.account;
    if oauth_client_of(tx, account, client).await?.lifetime.revoked.is_some() {
        let detail = "The client was revoked. Make a new one.";
        return Err(Error::Invalid { field: "id", detail });
    }
    let (id, secret) = (Id::new(), PlainSecret::generate(SecretKind::ClientSecret)?);
    let row = OAuthSecretRow {
        hash: secret.hash().0,
        id: id.into(),
        account_id: account.into(),
        client_id: client.into(),
        created_at: id.created(),
        expires_at: lifetime.map(|lifetime| id.created().saturating_add(lifetime)),
        revoked_at: None,
        last_used_at: None,
    };
    tx.insert_oauth_secret(&row).await?;
    let changes = vec![
        change("client", Value::Null, client.to_string().into()),
        change("expiresAt", Value::Null, moment(row.expires_at)),
    ];
    note(tx, request, "client_secret.created", Subject::new("client_secret", id), changes);
    Ok((row.secret(), secret))
}

/// In order of creation.
pub async fn secrets_page(
    tx: &mut Tx<'_>,
    account: Id,
    client: Id,
    window: &Window,
) -> Result<Page<ClientSecret>, Error> {
    oauth_client_of(tx, account, client).await?;
    let rows = tx.oauth_secrets_after(account, client, window.after_id()?, window.rows()).await?;
    Ok(Page::new(rows, window, |row| row.id.0.to_string()).map(|row| row.secret()))
}

/// A client secret of the account.
pub async fn secret_of(tx: &mut Tx<'_>, account: Id, id: Id) -> Result<ClientSecret, Error> {
    let found = tx.oauth_secret_of(account, id).await?;
    found.map(|row| row.secret()).ok_or_else(|| Error::NotVisible { what: "client secret", id: id.to_string() })
}

/// Revokes a secret with the access tokens that were given for it, at once on every replica.
pub async fn remove_secret(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    let secret = secret_of(tx, request.caller.account, id).await?;
    request.check_version(secret.lifetime.version())?;
    tx.revoke_oauth_secret(id, request.now).await?;
    note_revoked(tx, request, "client_secret.revoked", Subject::new("client_secret", id), &secret.lifetime);
    Ok(())
}

/// Forgets the assertions that nobody could show again.
pub async fn forget_assertions(db: &Db, now: i64) -> Result<(), Error> {
    db.write(async move |tx: &mut Tx<'_>| Ok(tx.forget_assertions(now).await?)).await
}

fn subject(client: Id) -> Subject {
    Subject::new("oauth_client", client)
}

fn named(name: &str) -> Result<String, Error> {
    Ok(Name::new("The name of an OAuth client", name)?.text)
}

/// What the audit trail tells of a trust.
pub(super) fn trust_change(before: Option<&Trust>, after: Option<&Trust>) -> Option<Change> {
    let shown = |trust: Option<&Trust>| serde_json::to_value(trust).unwrap_or_default();
    (before != after).then(|| change("trust", shown(before), shown(after)))
}
