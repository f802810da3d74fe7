//! OAuth clients of connections, their secrets, and the assertions that were used.

use super::{Conn, RunQueryDsl};
use crate::domain::{HashedSecret, Id};
use crate::storage::rows::{OAuthClientRow, OAuthSecretRow};
use crate::storage::schema::{accounts, connections, oauth_clients, oauth_secrets, used_assertions};
use crate::storage::sql::Cached;
use crate::storage::types::DbId;
use diesel::prelude::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper,
};
use diesel::result::QueryResult;

/// A client, one of its secrets, the versions of its connection and its account.
type Known = (OAuthClientRow, Option<OAuthSecretRow>, i64, i64);

pub async fn insert_client(conn: &mut Conn<'_>, row: &OAuthClientRow) -> QueryResult<()> {
    row.insert_into(oauth_clients::table).execute(conn).await?;
    Ok(())
}

/// Writes a client whose version is one more than that in the table; false when it has another there.
pub async fn update_client(conn: &mut Conn<'_>, row: &OAuthClientRow) -> QueryResult<bool> {
    let known = oauth_clients::table.find(row.id).filter(oauth_clients::version.eq(row.version - 1));
    let change = (
        oauth_clients::name.eq(&row.name),
        oauth_clients::trust.eq(&row.trust),
        oauth_clients::trust_version.eq(row.trust_version),
        oauth_clients::version.eq(row.version),
        oauth_clients::revoked_at.eq(row.revoked_at),
    );
    Ok(diesel::update(known).set(change).execute(conn).await? > 0)
}

/// A client by its id, whosever it is, with the versions of its connection and its account; and of its secrets the one
/// with this id.
pub async fn client(conn: &mut Conn<'_>, id: Id, secret: Id) -> QueryResult<Option<Known>> {
    let connection =
        connections::account_id.eq(oauth_clients::account_id).and(connections::id.eq(oauth_clients::connection_id));
    let secret = oauth_secrets::id.eq(DbId(secret)).and(oauth_secrets::client_id.eq(oauth_clients::id));
    let joined = oauth_clients::table
        .inner_join(connections::table.on(connection))
        .inner_join(accounts::table.on(accounts::id.eq(oauth_clients::account_id)))
        .left_join(oauth_secrets::table.on(secret));
    let columns =
        (OAuthClientRow::as_select(), Option::<OAuthSecretRow>::as_select(), connections::version, accounts::version);
    joined.filter(oauth_clients::id.eq(DbId(id))).select(columns).first(conn).await.optional()
}

pub async fn client_of(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<OAuthClientRow>> {
    let found = oauth_clients::table.find(DbId(id)).filter(oauth_clients::account_id.eq(DbId(account)));
    found.select(OAuthClientRow::as_select()).first(conn).await.optional()
}

/// At most `limit` of a connection, in order of creation, those that come behind `after`.
pub async fn clients_after(
    conn: &mut Conn<'_>,
    account: Id,
    connection: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<OAuthClientRow>> {
    let of_connection =
        oauth_clients::account_id.eq(DbId(account)).and(oauth_clients::connection_id.eq(DbId(connection)));
    let behind = oauth_clients::id.gt(DbId(after.unwrap_or(Id::first_of(0))));
    let page = oauth_clients::table.filter(of_connection).filter(behind).select(OAuthClientRow::as_select());
    page.order(oauth_clients::id).limit(limit).load(conn).await
}

pub async fn touch_client(conn: &mut Conn<'_>, id: Id, now: i64) -> QueryResult<()> {
    let client = oauth_clients::table.find(DbId(id));
    Cached(diesel::update(client).set(oauth_clients::last_used_at.eq(now))).execute(conn).await?;
    Ok(())
}

pub async fn insert_secret(conn: &mut Conn<'_>, row: &OAuthSecretRow) -> QueryResult<()> {
    row.insert_into(oauth_secrets::table).execute(conn).await?;
    Ok(())
}

/// A secret by the hash of what the client sent.
pub async fn secret(conn: &mut Conn<'_>, hash: &HashedSecret) -> QueryResult<Option<OAuthSecretRow>> {
    oauth_secrets::table.find(&hash.0).select(OAuthSecretRow::as_select()).first(conn).await.optional()
}

pub async fn secret_of(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<OAuthSecretRow>> {
    let found = oauth_secrets::table.filter(oauth_secrets::id.eq(DbId(id)));
    let found = found.filter(oauth_secrets::account_id.eq(DbId(account)));
    found.select(OAuthSecretRow::as_select()).first(conn).await.optional()
}

/// At most `limit` of a client, in order of creation, those that come behind `after`.
pub async fn secrets_after(
    conn: &mut Conn<'_>,
    account: Id,
    client: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<OAuthSecretRow>> {
    let of_client = oauth_secrets::account_id.eq(DbId(account)).and(oauth_secrets::client_id.eq(DbId(client)));
    let behind = oauth_secrets::id.gt(DbId(after.unwrap_or(Id::first_of(0))));
    let page = oauth_secrets::table.filter(of_client).filter(behind).select(OAuthSecretRow::as_select());
    page.order(oauth_secrets::id).limit(limit).load(conn).await
}

/// Secrets that end within a span, the next one first, of a connection of an account or of all; each with its connection.
pub async fn expiring_secrets(
    conn: &mut Conn<'_>,
    connection: Option<(Id, Id)>,
    after: i64,
    until: i64,
    limit: i64,
) -> QueryResult<Vec<(OAuthSecretRow, DbId)>> {
    let client = oauth_clients::table.on(oauth_clients::id.eq(oauth_secrets::client_id));
    let span = oauth_secrets::table.inner_join(client).filter(oauth_secrets::expires_at.gt(after));
    let live = span.filter(oauth_secrets::expires_at.le(until)).filter(oauth_secrets::revoked_at.is_null());
    let live = live.filter(oauth_clients::revoked_at.is_null());
    let columns = (OAuthSecretRow::as_select(), oauth_clients::connection_id);
    let page = live.select(columns).order(oauth_secrets::expires_at).limit(limit);
    match connection {
        Some((account, id)) => {
            let of = oauth_clients::account_id.eq(DbId(account)).and(oauth_clients::connection_id.eq(DbId(id)));
            page.filter(of).load(conn).await
        }
        None => page.load(conn).await,
    }
}

pub async fn revoke_secret(conn: &mut Conn<'_>, id: Id, now: i64) -> QueryResult<()> {
    let live = oauth_secrets::table.filter(oauth_secrets::id.eq(DbId(id))).filter(oauth_secrets::revoked_at.is_null());
    diesel::update(live).set(oauth_secrets::revoked_at.eq(now)).execute(conn).await?;
    Ok(())
}

pub async fn touch_secret(conn: &mut Conn<'_>, id: Id, now: i64) -> QueryResult<()> {
    let secret = oauth_secrets::table.filter(oauth_secrets::id.eq(DbId(id)));
    Cached(diesel::update(secret).set(oauth_secrets::last_used_at.eq(now))).execute(conn).await?;
    Ok(())
}

/// Remembers an assertion until it expires; false when it was remembered already.
pub async fn use_assertion(conn: &mut Conn<'_>, hash: &HashedSecret, expires: i64) -> QueryResult<bool> {
    let new = (used_assertions::hash.eq(&hash.0), used_assertions::expires_at.eq(expires));
    let inserted = diesel::insert_into(used_assertions::table).values(new).on_conflict_do_nothing();
    Ok(inserted.execute(conn).await? > 0)
}

/// Forgets the assertions that have expired.
pub async fn forget_assertions(conn: &mut Conn<'_>, now: i64) -> QueryResult<()> {
    diesel::delete(used_assertions::table.filter(used_assertions::expires_at.lt(now))).execute(conn).await?;
    Ok(())
}
