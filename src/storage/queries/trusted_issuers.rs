//! Issuers whose tokens open the SCIM interface themselves.

use super::{Conn, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::TrustedIssuerRow;
use crate::storage::schema::{accounts, connections, trusted_issuers};
use crate::storage::sql::Cached;
use crate::storage::types::DbId;
use diesel::prelude::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, OptionalExtension, QueryDsl, SelectableHelper,
};
use diesel::result::QueryResult;

pub async fn insert(conn: &mut Conn<'_>, row: &TrustedIssuerRow) -> QueryResult<()> {
    row.insert_into(trusted_issuers::table).execute(conn).await?;
    Ok(())
}

/// Writes an issuer whose version is one more than that in the table; false when it has another there.
pub async fn update(conn: &mut Conn<'_>, row: &TrustedIssuerRow) -> QueryResult<bool> {
    let known = trusted_issuers::table.find(row.id).filter(trusted_issuers::version.eq(row.version - 1));
    let change = (
        trusted_issuers::issuer.eq(&row.issuer),
        trusted_issuers::audience.eq(&row.audience),
        trusted_issuers::subject.eq(&row.subject),
        trusted_issuers::trust.eq(&row.trust),
        trusted_issuers::version.eq(row.version),
        trusted_issuers::revoked_at.eq(row.revoked_at),
    );
    Ok(diesel::update(known).set(change).execute(conn).await? > 0)
}

/// The live ones that believe a token of this issuer for one of these audiences, with the versions of connection and
/// account.
pub async fn live(
    conn: &mut Conn<'_>,
    issuer: &str,
    audiences: &[String],
) -> QueryResult<Vec<(TrustedIssuerRow, i64, i64)>> {
    let connection =
        connections::account_id.eq(trusted_issuers::account_id).and(connections::id.eq(trusted_issuers::connection_id));
    let joined = trusted_issuers::table
        .inner_join(connections::table.on(connection))
        .inner_join(accounts::table.on(accounts::id.eq(trusted_issuers::account_id)));
    let mut found = Vec::new();
    // One statement for each, because a list of free length would leave a prepared statement for each length.
    for audience in audiences {
        let one = joined
            .filter(trusted_issuers::issuer.eq(issuer))
            .filter(trusted_issuers::audience.eq(audience))
            .filter(trusted_issuers::revoked_at.is_null());
        let columns = (TrustedIssuerRow::as_select(), connections::version, accounts::version);
        found.extend(one.select(columns).load::<(TrustedIssuerRow, i64, i64)>(conn).await?);
    }
    Ok(found)
}

pub async fn of(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<TrustedIssuerRow>> {
    let found = trusted_issuers::table.find(DbId(id)).filter(trusted_issuers::account_id.eq(DbId(account)));
    found.select(TrustedIssuerRow::as_select()).first(conn).await.optional()
}

/// At most `limit` of a connection, in order of creation, those that come behind `after`.
pub async fn after(
    conn: &mut Conn<'_>,
    account: Id,
    connection: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<TrustedIssuerRow>> {
    let of_connection =
        trusted_issuers::account_id.eq(DbId(account)).and(trusted_issuers::connection_id.eq(DbId(connection)));
    let behind = trusted_issuers::id.gt(DbId(after.unwrap_or(Id::first_of(0))));
    let page = trusted_issuers::table.filter(of_connection).filter(behind).select(TrustedIssuerRow::as_select());
    page.order(trusted_issuers::id).limit(limit).load(conn).await
}

pub async fn touch(conn: &mut Conn<'_>, id: Id, now: i64) -> QueryResult<()> {
    let issuer = trusted_issuers::table.find(DbId(id));
    Cached(diesel::update(issuer).set(trusted_issuers::last_used_at.eq(now))).execute(conn).await?;
    Ok(())
}
