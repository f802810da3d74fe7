//! Groups.

use super::{Conn, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::{GroupDraftRow, GroupRow, StoredGroup};
use crate::storage::schema::groups;
use crate::storage::sql::{Cached, Locked};
use crate::storage::types::{DbId, db_ids};
use diesel::prelude::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl};
use diesel::result::QueryResult;

pub async fn insert(conn: &mut Conn<'_>, row: GroupRow) -> QueryResult<()> {
    row.insert_into(groups::table).execute(conn).await?;
    Ok(())
}

/// What of a group is read to show or change it.
macro_rules! stored_group {
    () => {
        (
            (groups::id, groups::version, groups::last_modified, groups::body),
            groups::connection_id,
            groups::member_count,
            groups::is_default,
            groups::archived,
            groups::roles,
            groups::grants_admin,
        )
    };
}

pub async fn find(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<StoredGroup>> {
    let group = groups::table.find((DbId(account), DbId(id))).select(stored_group!());
    Cached(group).get_result(conn).await.optional()
}

/// Several groups, in order of their ids.
pub async fn find_all(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<StoredGroup>> {
    let ids = db_ids(ids);
    let named = groups::table.filter(groups::account_id.eq(DbId(account))).filter(groups::id.eq_any(ids));
    named.select(stored_group!()).order(groups::id).load(conn).await
}

/// The same, kept from others until the transaction ends.
pub async fn find_locked(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<StoredGroup>> {
    let group = groups::table.find((DbId(account), DbId(id)));
    Ok(Cached(Locked(group.select(stored_group!()))).load(conn).await?.pop())
}

/// Several groups, kept from others until the transaction ends, in order of their ids so that nobody waits in a circle.
pub async fn lock_all(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<StoredGroup>> {
    let ids = db_ids(ids);
    let named = groups::table.filter(groups::account_id.eq(DbId(account))).filter(groups::id.eq_any(ids));
    Locked(named.select(stored_group!()).order(groups::id)).load(conn).await
}

/// A group by its folded name.
pub async fn by_name(conn: &mut Conn<'_>, account: Id, name_key: &str) -> QueryResult<Option<DbId>> {
    let named = groups::table.filter(groups::account_id.eq(DbId(account)));
    named.filter(groups::display_name_key.eq(name_key)).select(groups::id).first(conn).await.optional()
}

/// The names of some groups, for a sentence.
pub async fn some_names(conn: &mut Conn<'_>, account: Id, limit: i64) -> QueryResult<Vec<String>> {
    let all = groups::table.filter(groups::account_id.eq(DbId(account))).filter(groups::archived.eq(false));
    all.select(groups::display_name).order(groups::id).limit(limit).load(conn).await
}

/// Ids and names of groups.
pub async fn names(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<(DbId, String)>> {
    let ids = db_ids(ids);
    let named = groups::table.filter(groups::account_id.eq(DbId(account))).filter(groups::id.eq_any(ids));
    named.select((groups::id, groups::display_name)).load(conn).await
}

/// Groups that make their members administrators.
pub async fn that_grant_admin(conn: &mut Conn<'_>, account: Id) -> QueryResult<Vec<DbId>> {
    let all = groups::table.filter(groups::account_id.eq(DbId(account)));
    all.filter(groups::grants_admin.eq(true)).select(groups::id).load(conn).await
}

/// Groups with roles: their ids, roles, and whether these make administrators.
pub async fn with_roles(conn: &mut Conn<'_>, account: Id) -> QueryResult<Vec<(DbId, String)>> {
    let all = groups::table.filter(groups::account_id.eq(DbId(account)));
    all.filter(groups::roles.ne("[]")).select((groups::id, groups::roles)).load(conn).await
}

/// Writes changed fields if the group still has the version that the change was made from.
pub async fn update(conn: &mut Conn<'_>, account: Id, id: Id, version: i64, draft: GroupDraftRow) -> QueryResult<bool> {
    let group = groups::table.find((DbId(account), DbId(id))).filter(groups::version.eq(version));
    Ok(Cached(diesel::update(group).set(draft)).execute(conn).await? > 0)
}

/// Counts one more change of a group. On PostgreSQL this also makes others who change it wait.
pub async fn bump(conn: &mut Conn<'_>, account: Id, id: Id, members: i64, now: i64) -> QueryResult<()> {
    let change = (
        groups::version.eq(groups::version + 1),
        groups::member_count.eq(groups::member_count + members),
        groups::last_modified.eq(now),
    );
    Cached(diesel::update(groups::table.find((DbId(account), DbId(id)))).set(change)).execute(conn).await?;
    Ok(())
}

/// Counts the members that a new group begins with.
pub async fn count_first_members(conn: &mut Conn<'_>, account: Id, id: Id, members: i64) -> QueryResult<()> {
    let group = groups::table.find((DbId(account), DbId(id)));
    diesel::update(group).set(groups::member_count.eq(members)).execute(conn).await?;
    Ok(())
}

/// Removes a group; false when there is none. Its memberships are gone before.
pub async fn delete(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<bool> {
    let deleted = diesel::delete(groups::table.find((DbId(account), DbId(id)))).execute(conn).await?;
    Ok(deleted > 0)
}
