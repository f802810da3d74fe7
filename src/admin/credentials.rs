//! Tokens and admin keys: made, shown once, listed, revoked.

use super::accounts::connection_of;
use super::{Error, Page, Request, Window};
use crate::domain::{AdminKey, Id, Lifetime, PlainSecret, SecretKind, Token};
use crate::storage::rows::{AdminKeyRow, TokenRow};
use crate::storage::{Db, Tx};

const DAY: i64 = 24 * 60 * 60 * 1000;
const MOST_DAYS: u32 = 36_500;

/// A credential that was just made; the secret cannot be had again.
#[derive(Debug)]
pub struct IssuedSecret {
    pub id: Id,
    pub secret: PlainSecret,
    /// Milliseconds since 1970.
    pub expires: Option<i64>,
}

/// Makes a token for a connection. `lifetime` is in milliseconds; without it the token does not expire.
pub async fn create_token(db: &Db, account: Id, connection: Id, lifetime: Option<i64>) -> Result<IssuedSecret, Error> {
    let (row, issued) = new_token(account, connection, lifetime)?;
    db.write(async move |tx| Ok::<_, Error>(tx.insert_token(&row).await?)).await?;
    Ok(issued)
}

/// The same in a transaction that has begun, for a connection of the account.
pub async fn add_token(
    tx: &mut Tx<'_>,
    account: Id,
    connection: Id,
    lifetime: Option<i64>,
) -> Result<(Token, PlainSecret), Error> {
    connection_of(tx, account, connection).await?;
    let (row, issued) = new_token(account, connection, lifetime)?;
    tx.insert_token(&row).await?;
    Ok((token(row), issued.secret))
}

/// How long a token of so many days is good, in milliseconds.
pub fn lifetime_of_days(days: u32) -> Result<i64, Error> {
    let detail = "A token is good for 1 to 36500 days, or for ever when expiresInDays is left out.";
    let good = (1..=MOST_DAYS).contains(&days).then(|| i64::from(days) * DAY);
    good.ok_or(Error::Invalid { field: "expiresInDays", detail })
}

pub(super) fn new_token(account: Id, connection: Id, lifetime: Option<i64>) -> Result<(TokenRow, IssuedSecret), Error> {
    let (id, secret) = (Id::new(), PlainSecret::generate(SecretKind::Token)?);
    let expires = lifetime.map(|lifetime| id.created().saturating_add(lifetime));
    let row = TokenRow {
        hash: secret.hash().0,
        id: id.into(),
        account_id: account.into(),
        connection_id: connection.into(),
        created_at: id.created(),
        expires_at: expires,
        revoked_at: None,
        last_used_at: None,
        user_id: None,
    };
    Ok((row, IssuedSecret { id, secret, expires }))
}

/// In order of creation, those of one connection or of all.
pub async fn tokens(db: &Db, account: Id, connection: Option<Id>) -> Result<Vec<Token>, Error> {
    let rows = db.read(async move |tx| Ok::<_, Error>(tx.tokens(account, connection).await?)).await?;
    Ok(rows.into_iter().map(token).collect())
}

/// In order of creation, those of one connection.
pub async fn tokens_page(tx: &mut Tx<'_>, account: Id, connection: Id, window: &Window) -> Result<Page<Token>, Error> {
    connection_of(tx, account, connection).await?;
    let rows = tx.tokens_after(account, connection, window.after_id()?, window.rows()).await?;
    Ok(Page::new(rows, window, |row| row.id.0.to_string()).map(token))
}

fn token(row: TokenRow) -> Token {
    Token {
        id: row.id.0,
        account: row.account_id.0,
        connection: row.connection_id.0,
        lifetime: Lifetime {
            created: row.created_at,
            expires: row.expires_at,
            revoked: row.revoked_at,
            last_used: row.last_used_at,
        },
    }
}

/// Revokes a token of the account that asks.
pub async fn remove_token(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    let found = tx.token_of(request.caller.account, id).await?;
    let row = found.ok_or_else(|| Error::NotVisible { what: "token", id: id.to_string() })?;
    request.check_version(token(row).lifetime.version())?;
    tx.revoke_token(id, request.now).await?;
    Ok(())
}

/// Counts at once, on every replica. Revoking twice is no error.
pub async fn revoke_token(db: &Db, id: Id, now: i64) -> Result<(), Error> {
    let known = db.write(async move |tx| Ok::<_, Error>(tx.revoke_token(id, now).await?)).await?;
    let hint = "See `scim-connector token list`.";
    if known { Ok(()) } else { Err(Error::NotFound { what: "token", name: id.to_string(), hint }) }
}

pub async fn create_admin_key(db: &Db, account: Id) -> Result<IssuedSecret, Error> {
    let (row, issued) = new_admin_key(account)?;
    db.write(async move |tx| Ok::<_, Error>(tx.insert_admin_key(&row).await?)).await?;
    Ok(issued)
}

/// The same in a transaction that has begun.
pub async fn add_admin_key(tx: &mut Tx<'_>, account: Id) -> Result<(AdminKey, PlainSecret), Error> {
    let (row, issued) = new_admin_key(account)?;
    tx.insert_admin_key(&row).await?;
    Ok((admin_key(row), issued.secret))
}

pub(super) fn new_admin_key(account: Id) -> Result<(AdminKeyRow, IssuedSecret), Error> {
    let (id, secret) = (Id::new(), PlainSecret::generate(SecretKind::AdminKey)?);
    let row = AdminKeyRow {
        hash: secret.hash().0,
        id: id.into(),
        account_id: account.into(),
        created_at: id.created(),
        revoked_at: None,
        last_used_at: None,
        user_id: None,
    };
    Ok((row, IssuedSecret { id, secret, expires: None }))
}

/// In order of creation.
pub async fn admin_keys(db: &Db, account: Id) -> Result<Vec<AdminKey>, Error> {
    let rows = db.read(async move |tx: &mut Tx<'_>| Ok::<_, Error>(tx.admin_keys(account).await?)).await?;
    Ok(rows.into_iter().map(admin_key).collect())
}

/// In order of creation.
pub async fn admin_keys_page(tx: &mut Tx<'_>, account: Id, window: &Window) -> Result<Page<AdminKey>, Error> {
    let rows = tx.admin_keys_after(account, window.after_id()?, window.rows()).await?;
    Ok(Page::new(rows, window, |row| row.id.0.to_string()).map(admin_key))
}

fn admin_key(row: AdminKeyRow) -> AdminKey {
    AdminKey {
        id: row.id.0,
        account: row.account_id.0,
        lifetime: Lifetime {
            created: row.created_at,
            expires: None,
            revoked: row.revoked_at,
            last_used: row.last_used_at,
        },
    }
}

/// Revokes a key of the account that asks, but not the key that asks.
pub async fn remove_admin_key(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    let found = tx.admin_key_of(request.caller.account, id).await?;
    let row = found.ok_or_else(|| Error::NotVisible { what: "admin key", id: id.to_string() })?;
    request.check_version(admin_key(row).lifetime.version())?;
    if id == request.caller.token {
        return Err(Error::SelfRemoval(
            "This request was sent with that very key. Make another key and revoke this one with it, so that the \
             account is not left without one.",
        ));
    }
    tx.revoke_admin_key(id, request.now).await?;
    Ok(())
}

/// Counts at once, on every replica. Revoking twice is no error.
pub async fn revoke_admin_key(db: &Db, id: Id, now: i64) -> Result<(), Error> {
    let known = db.write(async move |tx| Ok::<_, Error>(tx.revoke_admin_key(id, now).await?)).await?;
    let hint = "See `scim-connector admin-key list`.";
    if known { Ok(()) } else { Err(Error::NotFound { what: "admin key", name: id.to_string(), hint }) }
}
