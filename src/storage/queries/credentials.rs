//! Tokens of connections and admin keys of accounts.

use super::{Conn, RunQueryDsl};
use crate::domain::{HashedSecret, Id};
use crate::storage::rows::{AdminKeyRow, TokenRow};
use crate::storage::schema::{accounts, admin_keys, tokens};
use crate::storage::sql::{Cached, Sql};
use crate::storage::types::{DbId, IdSql};
use diesel::prelude::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper,
};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Nullable};

pub async fn insert_token(conn: &mut Conn<'_>, row: &TokenRow) -> QueryResult<()> {
    row.insert_into(tokens::table).execute(conn).await?;
    Ok(())
}

type TokenSql = (
    Binary,
    IdSql,
    IdSql,
    IdSql,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<IdSql>,
    Nullable<IdSql>,
);

/// A token by the hash of what the client sent, with the versions of its connection and its account and the mark of all
/// that access to the account hangs on.
pub async fn token(conn: &mut Conn<'_>, hash: &HashedSecret) -> QueryResult<Option<(TokenRow, [i64; 3])>> {
    let mut sql: Sql<(TokenSql, BigInt, BigInt, BigInt)> = Sql::new(
        "SELECT t.hash, t.id, t.account_id, t.connection_id, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, \
         t.user_id, t.replaced_by, c.version, a.version, a.access_mark FROM tokens t JOIN accounts a ON a.id = t.account_id \
         JOIN connections c ON c.account_id = t.account_id AND c.id = t.connection_id WHERE t.hash = ",
    );
    sql.value(hash.0.to_vec());
    let found: Option<(TokenRow, i64, i64, i64)> = sql.get_result(conn).await.optional()?;
    Ok(found.map(|(token, connection, account, mark)| (token, [connection, account, mark])))
}

/// Another number as soon as anything has changed that the access to an account hangs on: the account itself, its
/// connections, its tokens.
pub async fn access_mark(conn: &mut Conn<'_>, account: Id) -> QueryResult<Option<i64>> {
    let mut sql: Sql<BigInt> = Sql::new("SELECT access_mark FROM accounts WHERE id = ");
    sql.id(account);
    enum AccessMark {}
    sql.fixed::<AccessMark>().get_result(conn).await.optional()
}

/// An admin key by the hash of what the client sent, with the version of its account.
pub async fn admin_key(conn: &mut Conn<'_>, hash: &HashedSecret) -> QueryResult<Option<(AdminKeyRow, i64)>> {
    let joined = admin_keys::table.inner_join(accounts::table.on(accounts::id.eq(admin_keys::account_id)));
    let found = joined.filter(admin_keys::hash.eq(&hash.0));
    found.select((AdminKeyRow::as_select(), accounts::version)).first(conn).await.optional()
}

/// In order of creation.
pub async fn tokens(conn: &mut Conn<'_>, account: Id, connection: Option<Id>) -> QueryResult<Vec<TokenRow>> {
    let all = tokens::table.filter(tokens::account_id.eq(DbId(account))).select(TokenRow::as_select());
    match connection {
        Some(connection) => all.filter(tokens::connection_id.eq(DbId(connection))).order(tokens::id).load(conn).await,
        None => all.order(tokens::id).load(conn).await,
    }
}

/// At most `limit` of a connection, in order of creation, those that come behind `after`.
pub async fn tokens_after(
    conn: &mut Conn<'_>,
    account: Id,
    connection: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<TokenRow>> {
    let of_connection = tokens::account_id.eq(DbId(account)).and(tokens::connection_id.eq(DbId(connection)));
    let behind = tokens::id.gt(DbId(after.unwrap_or(Id::first_of(0))));
    let page = tokens::table.filter(of_connection).filter(behind).select(TokenRow::as_select());
    page.order(tokens::id).limit(limit).load(conn).await
}

pub async fn token_of(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<TokenRow>> {
    let found = tokens::table.filter(tokens::account_id.eq(DbId(account))).filter(tokens::id.eq(DbId(id)));
    found.select(TokenRow::as_select()).first(conn).await.optional()
}

/// True when there was such a token, revoked before or not.
pub async fn revoke_token(conn: &mut Conn<'_>, id: Id, now: i64) -> QueryResult<bool> {
    let token = tokens::table.filter(tokens::id.eq(DbId(id)));
    let known: i64 = token.count().get_result(conn).await?;
    let live = token.filter(tokens::revoked_at.is_null());
    diesel::update(live).set(tokens::revoked_at.eq(now)).execute(conn).await?;
    Ok(known > 0)
}

pub async fn touch_token(conn: &mut Conn<'_>, id: Id, now: i64) -> QueryResult<()> {
    let token = tokens::table.filter(tokens::id.eq(DbId(id)));
    Cached(diesel::update(token).set(tokens::last_used_at.eq(now))).execute(conn).await?;
    Ok(())
}

/// Ends a token when its overlap with the one that was made in its place ends.
pub async fn replace_token(conn: &mut Conn<'_>, id: Id, by: Id, expires: i64) -> QueryResult<()> {
    let change = (tokens::replaced_by.eq(DbId(by)), tokens::expires_at.eq(expires));
    diesel::update(tokens::table.filter(tokens::id.eq(DbId(id)))).set(change).execute(conn).await?;
    Ok(())
}

/// Tokens that end within a span, the next one first, of a connection of an account or of all; not those that have a
/// successor.
pub async fn expiring_tokens(
    conn: &mut Conn<'_>,
    connection: Option<(Id, Id)>,
    after: i64,
    until: i64,
    limit: i64,
) -> QueryResult<Vec<TokenRow>> {
    let span = tokens::table.filter(tokens::expires_at.gt(after)).filter(tokens::expires_at.le(until));
    let live = span.filter(tokens::revoked_at.is_null()).filter(tokens::replaced_by.is_null());
    let page = live.select(TokenRow::as_select()).order(tokens::expires_at).limit(limit);
    match connection {
        Some((account, id)) => {
            let of = tokens::account_id.eq(DbId(account)).and(tokens::connection_id.eq(DbId(id)));
            page.filter(of).load(conn).await
        }
        None => page.load(conn).await,
    }
}

pub async fn insert_admin_key(conn: &mut Conn<'_>, row: &AdminKeyRow) -> QueryResult<()> {
    row.insert_into(admin_keys::table).execute(conn).await?;
    Ok(())
}

/// In order of creation.
pub async fn admin_keys(conn: &mut Conn<'_>, account: Id) -> QueryResult<Vec<AdminKeyRow>> {
    let all = admin_keys::table.filter(admin_keys::account_id.eq(DbId(account)));
    all.select(AdminKeyRow::as_select()).order(admin_keys::id).load(conn).await
}

/// At most `limit`, in order of creation, those that come behind `after`.
pub async fn admin_keys_after(
    conn: &mut Conn<'_>,
    account: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<AdminKeyRow>> {
    let behind = admin_keys::id.gt(DbId(after.unwrap_or(Id::first_of(0))));
    let page = admin_keys::table.filter(admin_keys::account_id.eq(DbId(account))).filter(behind);
    page.select(AdminKeyRow::as_select()).order(admin_keys::id).limit(limit).load(conn).await
}

pub async fn admin_key_of(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<AdminKeyRow>> {
    let found = admin_keys::table.filter(admin_keys::account_id.eq(DbId(account))).filter(admin_keys::id.eq(DbId(id)));
    found.select(AdminKeyRow::as_select()).first(conn).await.optional()
}

pub async fn touch_admin_key(conn: &mut Conn<'_>, id: Id, now: i64) -> QueryResult<()> {
    let key = admin_keys::table.filter(admin_keys::id.eq(DbId(id)));
    Cached(diesel::update(key).set(admin_keys::last_used_at.eq(now))).execute(conn).await?;
    Ok(())
}

/// True when there was such a key, revoked before or not.
pub async fn revoke_admin_key(conn: &mut Conn<'_>, id: Id, now: i64) -> QueryResult<bool> {
    let key = admin_keys::table.filter(admin_keys::id.eq(DbId(id)));
    let known: i64 = key.count().get_result(conn).await?;
    let live = key.filter(admin_keys::revoked_at.is_null());
    diesel::update(live).set(admin_keys::revoked_at.eq(now)).execute(conn).await?;
    Ok(known > 0)
}
