//! Memberships, always as sets: no statement's cost grows with the size of the group it names.
//!
//! A membership is seen from both sides, so a change counts a new version of the users it touches too.

use super::{Conn, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::MembershipRow;
use crate::storage::schema::{groups, memberships, users};
use crate::storage::sql::{Cached, Locked};
use crate::storage::types::DbId;
use diesel::dsl::case_when;
use diesel::prelude::{BoolExpressionMethods, ExpressionMethods, Insertable, IntoSql, JoinOnDsl, QueryDsl};
use diesel::result::QueryResult;
use diesel::sql_types::BigInt;

/// The later of a column and a time: for a resource time never runs backwards, whatever the clocks of replicas say.
macro_rules! later {
    ($column:expr, $now:expr) => {
        case_when($column.lt($now), $now.into_sql::<BigInt>()).otherwise($column)
    };
}

/// Runs a query under the condition that a column is one of some ids. One id is compared by itself: that statement can be
/// prepared once on both databases, and no planner reads a whole group for it.
macro_rules! where_one_of {
    ($column:expr, $ids:expr, |$condition:ident| $query:expr) => {
        match $ids {
            [one] => {
                let $condition = $column.eq(DbId(*one));
                $query
            }
            ids => {
                let $condition = $column.eq_any(db(ids));
                $query
            }
        }
    };
}

/// SQLite takes 32,766 values in a statement.
const CHUNK: usize = 1_000;

/// Locks the users among `ids` in the order of their ids, so that two requests that name the same ones cannot wait
/// for each other, and gives back those that exist. `ids` must be sorted.
pub async fn lock_users(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<Id>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let of_account = users::table.filter(users::account_id.eq(DbId(account)));
        let rows: Vec<DbId> = where_one_of!(users::id, chunk, |named| {
            Locked(of_account.filter(named).select(users::id).order(users::id)).load(conn).await?
        });
        found.extend(rows.into_iter().map(Id::from));
    }
    Ok(found)
}

/// Locks the groups of a user in the order of their ids. Who changes memberships locks the group before the user.
pub async fn lock_groups_of(conn: &mut Conn<'_>, account: Id, user: Id) -> QueryResult<()> {
    let of_user = memberships::table
        .filter(memberships::account_id.eq(DbId(account)))
        .filter(memberships::user_id.eq(DbId(user)))
        .select(memberships::group_id);
    let named = groups::table.filter(groups::account_id.eq(DbId(account))).filter(groups::id.eq_any(of_user));
    let _: Vec<DbId> = Locked(named.select(groups::id).order(groups::id)).load(conn).await?;
    Ok(())
}

/// The users among `ids` that are members.
pub async fn among(conn: &mut Conn<'_>, account: Id, group: Id, ids: &[Id]) -> QueryResult<Vec<Id>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let of_group = memberships::table
            .filter(memberships::account_id.eq(DbId(account)))
            .filter(memberships::group_id.eq(DbId(group)));
        let rows: Vec<DbId> = where_one_of!(memberships::user_id, chunk, |named| {
            of_group.filter(named).select(memberships::user_id).load(conn).await?
        });
        found.extend(rows.into_iter().map(Id::from));
    }
    Ok(found)
}

/// Adds users who are not members.
pub async fn add(conn: &mut Conn<'_>, account: Id, group: Id, ids: &[Id], now: i64) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        let row = |id: &Id| MembershipRow { account_id: account.into(), group_id: group.into(), user_id: (*id).into() };
        let rows: Vec<MembershipRow> = chunk.iter().map(row).collect();
        rows.insert_into(memberships::table).execute(conn).await?;
        bump_users(conn, account, chunk, now).await?;
    }
    Ok(())
}

/// Takes members away.
pub async fn remove(conn: &mut Conn<'_>, account: Id, group: Id, ids: &[Id], now: i64) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        let of_group = memberships::table
            .filter(memberships::account_id.eq(DbId(account)))
            .filter(memberships::group_id.eq(DbId(group)));
        where_one_of!(memberships::user_id, chunk, |named| {
            diesel::delete(of_group.filter(named)).execute(conn).await?
        });
        bump_users(conn, account, chunk, now).await?;
    }
    Ok(())
}

/// Takes all members away; how many there were.
pub async fn clear(conn: &mut Conn<'_>, account: Id, group: Id, now: i64) -> QueryResult<i64> {
    let of_group = memberships::table
        .filter(memberships::account_id.eq(DbId(account)))
        .filter(memberships::group_id.eq(DbId(group)));
    let members = users::account_id.eq(DbId(account)).and(users::id.eq_any(of_group.select(memberships::user_id)));
    let _: Vec<DbId> = Locked(users::table.filter(members).select(users::id).order(users::id)).load(conn).await?;
    let change = (users::version.eq(users::version + 1), users::last_modified.eq(later!(users::last_modified, now)));
    Cached(diesel::update(users::table.filter(members)).set(change)).execute(conn).await?;
    let removed = diesel::delete(of_group).execute(conn).await?;
    Ok(i64::try_from(removed).unwrap_or(i64::MAX))
}

/// Takes a user out of all groups.
pub async fn leave_all(conn: &mut Conn<'_>, account: Id, user: Id, now: i64) -> QueryResult<()> {
    let of_user = memberships::table
        .filter(memberships::account_id.eq(DbId(account)))
        .filter(memberships::user_id.eq(DbId(user)));
    let left = groups::account_id.eq(DbId(account)).and(groups::id.eq_any(of_user.select(memberships::group_id)));
    let change = (
        groups::version.eq(groups::version + 1),
        groups::member_count.eq(groups::member_count - 1),
        groups::last_modified.eq(later!(groups::last_modified, now)),
    );
    Cached(diesel::update(groups::table.filter(left)).set(change)).execute(conn).await?;
    diesel::delete(of_user).execute(conn).await?;
    Ok(())
}

/// The members of a group, in order of their ids.
pub async fn members(conn: &mut Conn<'_>, account: Id, group: Id) -> QueryResult<Vec<Id>> {
    let of_group = memberships::table
        .filter(memberships::account_id.eq(DbId(account)))
        .filter(memberships::group_id.eq(DbId(group)));
    let rows: Vec<DbId> = of_group.select(memberships::user_id).order(memberships::user_id).load(conn).await?;
    Ok(rows.into_iter().map(Id::from).collect())
}

/// The members of several groups, as pairs of group and user.
pub async fn members_of_all(conn: &mut Conn<'_>, account: Id, groups: &[Id]) -> QueryResult<Vec<(Id, Id)>> {
    let named = memberships::table
        .filter(memberships::account_id.eq(DbId(account)))
        .filter(memberships::group_id.eq_any(db(groups)));
    let pair = (memberships::group_id, memberships::user_id);
    let rows: Vec<(DbId, DbId)> = named.select(pair).order(pair).load(conn).await?;
    Ok(rows.into_iter().map(|(group, user)| (group.0, user.0)).collect())
}

/// The groups of several users, as user, group and the group's name.
pub async fn groups_of_all(conn: &mut Conn<'_>, account: Id, users: &[Id]) -> QueryResult<Vec<(Id, Id, String)>> {
    let group = groups::account_id.eq(memberships::account_id).and(groups::id.eq(memberships::group_id));
    let joined =
        memberships::table.inner_join(groups::table.on(group)).filter(memberships::account_id.eq(DbId(account)));
    let columns = (memberships::user_id, memberships::group_id, groups::display_name);
    let order = (memberships::user_id, memberships::group_id);
    let rows: Vec<(DbId, DbId, String)> = where_one_of!(memberships::user_id, users, |named| {
        joined.filter(named).select(columns).order(order).load(conn).await?
    });
    Ok(rows.into_iter().map(|(user, group, name)| (user.0, group.0, name)).collect())
}

async fn bump_users(conn: &mut Conn<'_>, account: Id, ids: &[Id], now: i64) -> QueryResult<()> {
    let of_account = users::table.filter(users::account_id.eq(DbId(account)));
    let change = (users::version.eq(users::version + 1), users::last_modified.eq(later!(users::last_modified, now)));
    match ids {
        [one] => Cached(diesel::update(of_account.filter(users::id.eq(DbId(*one)))).set(change)).execute(conn).await?,
        // Not cached: on SQLite each number of ids is another statement.
        ids => diesel::update(of_account.filter(users::id.eq_any(db(ids)))).set(change).execute(conn).await?,
    };
    Ok(())
}

fn db(ids: &[Id]) -> Vec<DbId> {
    ids.iter().copied().map(DbId).collect()
}
