//! Accounts and connections.

use super::{Conn, RunQueryDsl};
use crate::domain::{Id, Origin};
use crate::storage::rows::{AccountRow, ConnectionRow, MembershipRow};
use crate::storage::schema::{accounts, connections, memberships, users};
use crate::storage::sql::Locked;
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;

pub async fn insert(conn: &mut Conn<'_>, row: &AccountRow) -> QueryResult<()> {
    row.insert_into(accounts::table).execute(conn).await?;
    Ok(())
}

/// In order of creation.
pub async fn list(conn: &mut Conn<'_>) -> QueryResult<Vec<AccountRow>> {
    accounts::table.select(AccountRow::as_select()).order(accounts::id).load(conn).await
}

pub async fn by_name(conn: &mut Conn<'_>, name_key: &str) -> QueryResult<Option<AccountRow>> {
    let found = accounts::table.filter(accounts::name_key.eq(name_key)).select(AccountRow::as_select());
    found.first(conn).await.optional()
}

pub async fn insert_connection(conn: &mut Conn<'_>, row: &ConnectionRow) -> QueryResult<()> {
    row.insert_into(connections::table).execute(conn).await?;
    Ok(())
}

/// In order of creation.
pub async fn connections(conn: &mut Conn<'_>, account: Id) -> QueryResult<Vec<ConnectionRow>> {
    let all = connections::table.filter(connections::account_id.eq(DbId(account)));
    all.select(ConnectionRow::as_select()).order(connections::id).load(conn).await
}

/// At most `limit`, in order of creation, those that come behind `after`.
pub async fn connections_after(
    conn: &mut Conn<'_>,
    account: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<ConnectionRow>> {
    let behind = connections::id.gt(DbId(after.unwrap_or(Id::first_of(0))));
    let page = connections::table.filter(connections::account_id.eq(DbId(account))).filter(behind);
    page.select(ConnectionRow::as_select()).order(connections::id).limit(limit).load(conn).await
}

pub async fn connection_by_name(
    conn: &mut Conn<'_>,
    account: Id,
    name_key: &str,
) -> QueryResult<Option<ConnectionRow>> {
    let all = connections::table.filter(connections::account_id.eq(DbId(account)));
    let found = all.filter(connections::name_key.eq(name_key)).select(ConnectionRow::as_select());
    found.first(conn).await.optional()
}

/// An account by its id.
pub async fn by_id(conn: &mut Conn<'_>, id: Id) -> QueryResult<Option<AccountRow>> {
    accounts::table.find(DbId(id)).select(AccountRow::as_select()).first(conn).await.optional()
}

/// Accounts from before there were organizations.
pub async fn incomplete(conn: &mut Conn<'_>) -> QueryResult<Vec<DbId>> {
    accounts::table.filter(accounts::default_group_id.is_null()).select(accounts::id).load(conn).await
}

/// Keeps an account from others until the transaction ends.
pub async fn lock(conn: &mut Conn<'_>, id: Id) -> QueryResult<()> {
    let _: Vec<DbId> = Locked(accounts::table.find(DbId(id)).select(accounts::id)).load(conn).await?;
    Ok(())
}

/// Writes what an administrator decided, and counts one more change.
pub async fn update(conn: &mut Conn<'_>, id: Id, policies: &str, roles: &str) -> QueryResult<()> {
    let change =
        (accounts::policies.eq(policies), accounts::roles.eq(roles), accounts::version.eq(accounts::version + 1));
    diesel::update(accounts::table.find(DbId(id))).set(change).execute(conn).await?;
    Ok(())
}

/// Names the organization and the group that users are in without other word.
pub async fn set_defaults(conn: &mut Conn<'_>, id: Id, organization: Id, group: Id) -> QueryResult<()> {
    let change = (accounts::default_organization_id.eq(DbId(organization)), accounts::default_group_id.eq(DbId(group)));
    diesel::update(accounts::table.find(DbId(id))).set(change).execute(conn).await?;
    Ok(())
}

/// Puts users from before there were organizations into one, and those without a group into one.
pub async fn adopt_users(conn: &mut Conn<'_>, account: Id, organization: Id, group: Id) -> QueryResult<()> {
    let homeless = users::table.filter(users::account_id.eq(DbId(account))).filter(users::organization_id.is_null());
    diesel::update(homeless).set(users::organization_id.eq(DbId(organization))).execute(conn).await?;
    let members = memberships::table.filter(memberships::account_id.eq(DbId(account))).select(memberships::user_id);
    let alone = users::table.filter(users::account_id.eq(DbId(account))).filter(users::id.ne_all(members));
    let alone: Vec<DbId> = alone.select(users::id).load(conn).await?;
    let row = |user: &DbId| MembershipRow {
        account_id: account.into(),
        group_id: group.into(),
        user_id: *user,
        is_primary: true,
        group_admin: false,
        can_send: true,
        origins: Origin::Fallback.to_string(),
        since: 0,
    };
    let rows: Vec<MembershipRow> = alone.iter().map(row).collect();
    super::memberships::insert(conn, &rows).await
}

/// A connection by its id.
pub async fn connection_by_id(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<ConnectionRow>> {
    let found = connections::table.find((DbId(account), DbId(id)));
    found.select(ConnectionRow::as_select()).first(conn).await.optional()
}

/// Writes a changed connection if it still has the version that the change was made from.
pub async fn update_connection(conn: &mut Conn<'_>, row: &ConnectionRow) -> QueryResult<bool> {
    let found = connections::table.find((row.account_id, row.id)).filter(connections::version.eq(row.version));
    let change = (
        connections::name.eq(&row.name),
        connections::name_key.eq(&row.name_key),
        connections::dialect.eq(&row.dialect),
        connections::role_ceiling.eq(&row.role_ceiling),
        connections::settings.eq(&row.settings),
        connections::rules.eq(&row.rules),
        connections::version.eq(row.version + 1),
    );
    Ok(diesel::update(found).set(change).execute(conn).await? > 0)
}
