//! Groups.

use super::{Conn, RunQueryDsl, memberships};
use crate::domain::Id;
use crate::storage::rows::{GroupDraftRow, GroupRow, Stored};
use crate::storage::schema::groups;
use crate::storage::sql::{Cached, Locked};
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl};
use diesel::result::QueryResult;

pub async fn insert(conn: &mut Conn<'_>, row: GroupRow) -> QueryResult<()> {
    row.insert_into(groups::table).execute(conn).await?;
    Ok(())
}

/// A group and how many members it has.
pub async fn find(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<(Stored, i64)>> {
    let group = groups::table.find((DbId(account), DbId(id)));
    let stored = (groups::id, groups::version, groups::last_modified, groups::body);
    group.select((stored, groups::member_count)).first(conn).await.optional()
}

/// The same, kept from others until the transaction ends.
pub async fn find_locked(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<(Stored, i64)>> {
    let group = groups::table.find((DbId(account), DbId(id)));
    let stored = (groups::id, groups::version, groups::last_modified, groups::body);
    Ok(Locked(group.select((stored, groups::member_count))).load(conn).await?.pop())
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

/// Removes a group and its memberships; false when there is none.
pub async fn delete(conn: &mut Conn<'_>, account: Id, id: Id, now: i64) -> QueryResult<bool> {
    memberships::clear(conn, account, id, now).await?;
    let deleted = diesel::delete(groups::table.find((DbId(account), DbId(id)))).execute(conn).await?;
    Ok(deleted > 0)
}
