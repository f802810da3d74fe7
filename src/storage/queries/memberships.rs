//! Memberships, always as sets: no statement's cost grows with the size of the group it names.

use super::{Conn, DIALECT, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::{GroupOfUser, MembershipRow};
use crate::storage::schema::{memberships, users};
use crate::storage::sql::{Cached, Locked, Piece, Sql, insert as insert_rows};
use crate::storage::types::{DbId, IdSql, db_ids, ids_of};
use diesel::dsl::case_when;
use diesel::prelude::{ExpressionMethods, IntoSql, QueryDsl, SelectableHelper};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Bool, Text};

/// The later of a column and a time: for a resource time never runs backwards, whatever the clocks of replicas say.
macro_rules! later {
    ($column:expr, $now:expr) => {
        case_when($column.lt($now), $now.into_sql::<BigInt>()).otherwise($column)
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
        let rows: Vec<DbId> = where_one_of!(
            users::id,
            chunk,
            |named| Locked(of_account.filter(named).select(users::id).order(users::id)),
            load(conn)
        )?;
        found.extend(rows.into_iter().map(Id::from));
    }
    Ok(found)
}

/// The memberships of several users, in order of users and groups.
pub async fn of_users(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<MembershipRow>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let of_account = memberships::table.filter(memberships::account_id.eq(DbId(account)));
        let order = (memberships::user_id, memberships::group_id);
        let rows: Vec<MembershipRow> = where_one_of!(
            memberships::user_id,
            chunk,
            |named| of_account.filter(named).select(MembershipRow::as_select()).order(order),
            load(conn)
        )?;
        found.extend(rows);
    }
    Ok(found)
}

pub async fn insert(conn: &mut Conn<'_>, rows: &[MembershipRow]) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        insert_all(chunk).execute(conn).await?;
    }
    Ok(())
}

pub fn insert_all(rows: &[MembershipRow]) -> Sql<()> {
    let columns =
        "INSERT INTO memberships (account_id, group_id, user_id, is_primary, group_admin, can_send, origins, since)";
    insert_rows(columns, rows, values)
}

fn values(row: &MembershipRow) -> [Piece; 8] {
    [
        row.account_id.into(),
        row.group_id.into(),
        row.user_id.into(),
        row.is_primary.into(),
        row.group_admin.into(),
        row.can_send.into(),
        (&row.origins).into(),
        row.since.into(),
    ]
}

/// Takes users out of a group.
pub async fn delete(conn: &mut Conn<'_>, account: Id, group: Id, ids: &[Id]) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        let of_group = memberships::table
            .filter(memberships::account_id.eq(DbId(account)))
            .filter(memberships::group_id.eq(DbId(group)));
        where_one_of!(memberships::user_id, chunk, |named| diesel::delete(of_group.filter(named)), execute(conn))?;
    }
    Ok(())
}

/// Writes flags and origins of users in a group, the same for all of them.
pub async fn update(conn: &mut Conn<'_>, like: &MembershipRow, ids: &[Id]) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        let of_group = memberships::table
            .filter(memberships::account_id.eq(like.account_id))
            .filter(memberships::group_id.eq(like.group_id));
        let change = (
            memberships::is_primary.eq(like.is_primary),
            memberships::group_admin.eq(like.group_admin),
            memberships::can_send.eq(like.can_send),
            memberships::origins.eq(&like.origins),
        );
        where_one_of!(
            memberships::user_id,
            chunk,
            |named| diesel::update(of_group.filter(named)).set(change),
            execute(conn)
        )?;
    }
    Ok(())
}

/// Counts one more change of users: a membership is seen from both sides.
pub async fn bump_users(conn: &mut Conn<'_>, account: Id, ids: &[Id], now: i64) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        let of_account = users::table.filter(users::account_id.eq(DbId(account)));
        let change =
            (users::version.eq(users::version + 1), users::last_modified.eq(later!(users::last_modified, now)));
        match chunk {
            [one] => {
                Cached(diesel::update(of_account.filter(users::id.eq(DbId(*one)))).set(change)).execute(conn).await?
            }
            // Not cached: on SQLite each number of ids is another statement.
            ids => diesel::update(of_account.filter(users::id.eq_any(db_ids(ids)))).set(change).execute(conn).await?,
        };
    }
    Ok(())
}

/// How many members a group has, counted: for Default, whose row counts nothing.
pub async fn count(conn: &mut Conn<'_>, account: Id, group: Id) -> QueryResult<i64> {
    let of_group = memberships::table
        .filter(memberships::account_id.eq(DbId(account)))
        .filter(memberships::group_id.eq(DbId(group)));
    of_group.count().get_result(conn).await
}

/// Members of a group behind `after`, in order of their ids.
pub async fn page(
    conn: &mut Conn<'_>,
    account: Id,
    group: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<MembershipRow>> {
    memberships::table
        .filter(memberships::account_id.eq(DbId(account)))
        .filter(memberships::group_id.eq(DbId(group)))
        .filter(memberships::user_id.gt(DbId(after.unwrap_or(Id::NIL))))
        .select(MembershipRow::as_select())
        .order(memberships::user_id)
        .limit(limit)
        .load(conn)
        .await
}

/// The members of a group, in order of their ids.
pub async fn members(conn: &mut Conn<'_>, account: Id, group: Id) -> QueryResult<Vec<Id>> {
    if let Some(words) = DIALECT.members_together {
        let mut sql: Sql<Binary> = Sql::new("");
        sql.template(words, |sql, place| _ = sql.id([account, group][place]));
        let parts: Vec<Vec<u8>> = sql.load(conn).await?;
        let mut ids = ids_of(&parts.concat());
        // In order already and each once, though no standard promises that an aggregate sees its rows so.
        ids.sort_unstable();
        ids.dedup();
        return Ok(ids);
    }
    let mut sql: Sql<IdSql> = Sql::new("SELECT user_id FROM memberships WHERE account_id = ");
    sql.id(account).words(" AND group_id = ").id(group).words(" ORDER BY user_id");
    let rows: Vec<DbId> = sql.load(conn).await?;
    Ok(rows.into_iter().map(Id::from).collect())
}

/// The members of several groups, as pairs of group and user.
pub async fn members_of_all(conn: &mut Conn<'_>, account: Id, groups: &[Id]) -> QueryResult<Vec<(Id, Id)>> {
    let named = memberships::table
        .filter(memberships::account_id.eq(DbId(account)))
        .filter(memberships::group_id.eq_any(db_ids(groups)));
    let pair = (memberships::group_id, memberships::user_id);
    let rows: Vec<(DbId, DbId)> = named.select(pair).order(pair).load(conn).await?;
    Ok(rows.into_iter().map(|(group, user)| (group.0, user.0)).collect())
}

type GroupOfUserSql = (IdSql, IdSql, Text, Bool, Bool, Bool, Text, Bool, Text);

/// The groups of several users with their names, with or without Default.
pub async fn groups_of_all(
    conn: &mut Conn<'_>,
    account: Id,
    users: &[Id],
    with_default: bool,
) -> QueryResult<Vec<GroupOfUser>> {
    let mut sql: Sql<GroupOfUserSql> = Sql::new(
        "SELECT m.user_id, m.group_id, g.display_name, m.is_primary, m.group_admin, m.can_send, m.origins, g.is_default, \
         g.roles FROM memberships m JOIN groups g ON g.account_id = m.account_id AND g.id = m.group_id \
         WHERE m.account_id = ",
    );
    sql.id(account).words(" AND m.user_id").one_of(users);
    if !with_default {
        sql.words(" AND g.is_default = FALSE");
    }
    sql.words(" ORDER BY m.user_id, m.group_id");
    enum OfOne {}
    match (users, with_default) {
        ([_], false) => sql.fixed::<OfOne>().load(conn).await,
        _ => sql.load(conn).await,
    }
}
