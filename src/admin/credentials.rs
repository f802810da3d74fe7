//! Tokens and admin keys: made, shown once, listed, revoked.

use super::connections::connection_of;
use super::{Error, Page, Request, Window, note};
use crate::domain::{AdminKey, Change, Id, Lifetime, PlainSecret, SecretKind, Subject, Token};
use crate::storage::rows::{AdminKeyRow, TokenRow};
use crate::storage::{Db, Tx};
use serde_json::Value;

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

/// The same in a transaction that has begun, for a connection of the account; one's own when it names a user.
pub async fn add_token(
    tx: &mut Tx<'_>,
    request: &Request,
    connection: Id,
    lifetime: Option<i64>,
    user: Option<&str>,
) -> Result<(Token, PlainSecret), Error> {
    let account = request.caller.account;
    connection_of(tx, account, connection).await?;
    let (mut row, issued) = new_token(account, connection, lifetime)?;
    row.user_id = holder(tx, account, user).await?.map(Into::into);
    tx.insert_token(&row).await?;
    let token = token(row);
    let mut changes = made(token.user);
    changes.push(change("connection", Value::Null, connection.to_string().into()));
    note(tx, request, "token.created", Subject::new("token", token.id), changes);
    Ok((token, issued.secret))
}

/// The live user that a credential shall stand for.
async fn holder(tx: &mut Tx<'_>, account: Id, user: Option<&str>) -> Result<Option<Id>, Error> {
    let Some(text) = user else { return Ok(None) };
    if let Ok(id) = text.parse()
        && tx.user(account, id).await?.is_some()
    {
        return Ok(Some(id));
    }
    let detail = "The credential of a person names a user of this account by id, and there is none with this id. Leave \
                  user out for a credential that stands for nobody.";
    Err(Error::Invalid { field: "user", detail })
}

fn made(user: Option<Id>) -> Vec<Change> {
    user.map(|user| change("user", Value::Null, user.to_string().into())).into_iter().collect()
}

pub(super) fn change(field: &str, from: Value, to: Value) -> Change {
    Change { field: field.to_owned(), from, to, by: None }
}

/// Notes who revoked a credential; once is enough.
pub(super) fn note_revoked(
    tx: &mut Tx<'_>,
    request: &Request,
    action: &'static str,
    subject: Subject,
    before: &Lifetime,
) {
    if before.revoked.is_none() {
        note(tx, request, action, subject, vec![change("revoked", false.into(), true.into())]);
    }
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
        replaced_by: None,
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

/// A token of the account.
pub async fn token_of(tx: &mut Tx<'_>, account: Id, id: Id) -> Result<Token, Error> {
    let found = tx.token_of(account, id).await?;
    found.map(token).ok_or_else(|| Error::NotVisible { what: "token", id: id.to_string() })
}

fn token(row: TokenRow) -> Token {
    Token {
        id: row.id.0,
        account: row.account_id.0,
        connection: row.connection_id.0,
        user: row.user_id.map(Id::from),
        lifetime: row.lifetime(),
        replaced_by: row.replaced_by.map(Id::from),
    }
}

/// Revokes a token of the account that asks.
pub async fn remove_token(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    let token = token_of(tx, request.caller.account, id).await?;
    request.check_version(token.version())?;
    tx.revoke_token(id, request.now).await?;
    note_revoked(tx, request, "token.revoked", Subject::new("token", id), &token.lifetime);
    Ok(())
}

/// Makes a token in the place of another one, which stays good for the overlap (milliseconds). The new one is good for as
/// long as the other was, unless another lifetime is given.
pub async fn rotate_token(
    tx: &mut Tx<'_>,
    request: &Request,
    id: Id,
    overlap: i64,
    lifetime: Option<i64>,
) -> Result<(Token, PlainSecret), Error> {
    let account = request.caller.account;
    let old = token_of(tx, account, id).await?;
    request.check_version(old.version())?;
    if !old.lifetime.is_good(request.now) {
        let detail = "The token was revoked or has expired, so nothing can overlap. Make a new one.";
        return Err(Error::Invalid { field: "id", detail });
    }
    if old.replaced_by.is_some() {
        let detail = "The token was rotated before. Rotate its successor, which replacedBy names.";
        return Err(Error::Invalid { field: "id", detail });
    }
    let same = old.lifetime.expires.map(|expires| expires - old.lifetime.created);
    let (mut row, issued) = new_token(account, old.connection, lifetime.or(same))?;
    row.user_id = old.user.map(Into::into);
    tx.insert_token(&row).await?;
    let end = old.lifetime.expires.unwrap_or(i64::MAX).min(request.now.saturating_add(overlap));
    tx.replace_token(id, issued.id, end).await?;
    let new = token(row);
    let mut changes = made(new.user);
    changes.push(change("connection", Value::Null, new.connection.to_string().into()));
    changes.push(change("replaces", Value::Null, id.to_string().into()));
    note(tx, request, "token.created", Subject::new("token", new.id), changes);
    let changes = vec![
        change("replacedBy", Value::Null, new.id.to_string().into()),
        change("expiresAt", moment(old.lifetime.expires), moment(Some(end))),
    ];
    note(tx, request, "token.rotated", Subject::new("token", id), changes);
    Ok((new, issued.secret))
}

/// How long two tokens are good together, in milliseconds.
pub fn overlap_of_days(days: u32) -> Result<i64, Error> {
    let detail = "The overlap is 0 to 365 days; it is 7 when overlapDays is left out.";
    (days <= 365).then(|| i64::from(days) * DAY).ok_or(Error::Invalid { field: "overlapDays", detail })
}

pub(super) fn moment(time: Option<i64>) -> Value {
    time.map(crate::scim::time::format).into()
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

/// The same in a transaction that has begun; one's own when it names a user.
pub async fn add_admin_key(
    tx: &mut Tx<'_>,
    request: &Request,
    user: Option<&str>,
) -> Result<(AdminKey, PlainSecret), Error> {
    let account = request.caller.account;
    let (mut row, issued) = new_admin_key(account)?;
    row.user_id = holder(tx, account, user).await?.map(Into::into);
    tx.insert_admin_key(&row).await?;
    let key = admin_key(row);
    note(tx, request, "admin_key.created", Subject::new("admin_key", key.id), made(key.user));
    Ok((key, issued.secret))
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

/// A key of the account.
pub async fn admin_key_of(tx: &mut Tx<'_>, account: Id, id: Id) -> Result<AdminKey, Error> {
    let found = tx.admin_key_of(account, id).await?;
    found.map(admin_key).ok_or_else(|| Error::NotVisible { what: "admin key", id: id.to_string() })
}

fn admin_key(row: AdminKeyRow) -> AdminKey {
    AdminKey { id: row.id.0, account: row.account_id.0, user: row.user_id.map(Id::from), lifetime: row.lifetime() }
}

/// Revokes a key of the account that asks, but not the key that asks.
pub async fn remove_admin_key(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<(), Error> {
    let key = admin_key_of(tx, request.caller.account, id).await?;
    request.check_version(key.lifetime.version())?;
    if id == request.caller.token {
        return Err(Error::SelfRemoval(
            "This request was sent with that very key. Make another key and revoke this one with it, so that the \
             account is not left without one.",
        ));
    }
    tx.revoke_admin_key(id, request.now).await?;
    note_revoked(tx, request, "admin_key.revoked", Subject::new("admin_key", id), &key.lifetime);
    Ok(())
}

/// Counts at once, on every replica. Revoking twice is no error.
pub async fn revoke_admin_key(db: &Db, id: Id, now: i64) -> Result<(), Error> {
    let known = db.write(async move |tx| Ok::<_, Error>(tx.revoke_admin_key(id, now).await?)).await?;
    let hint = "See `scim-connector admin-key list`.";
    if known { Ok(()) } else { Err(Error::NotFound { what: "admin key", name: id.to_string(), hint }) }
}
