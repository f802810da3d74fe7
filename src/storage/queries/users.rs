//! Users.

use super::memberships::insert_all as insert_memberships;
use super::{Conn, DIALECT, RunQueryDsl};
use crate::domain::{Email, Id};
use crate::storage::rows::{EmailRow, MembershipRow, RemovedUserRow, StoredUser, UserChange, UserRow, WrittenRow};
use crate::storage::schema::{removed_users, user_emails, users};
use crate::storage::sql::{Cached, Fixed, Locked, Piece, Sql, insert as insert_rows};
use crate::storage::types::{DbId, IdSql, Json};
use diesel::prelude::{
    BoolExpressionMethods, EscapeExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl,
    SelectableHelper, TextExpressionMethods,
};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

/// The columns that a change writes where they differ: each has indexes, which SQLite writes anew whatever the value.
fn columns(row: WrittenRow) -> [(&'static str, Piece); 10] {
    let WrittenRow { names, placement } = row;
    [
        ("user_name_key", names.user_name_key.into()),
        ("external_id", names.external_id.into()),
        ("display_name_key", names.display_name_key.into()),
        ("username_key", names.username_key.into()),
        ("status", placement.status.into()),
        ("active", placement.active.into()),
        ("organization_id", placement.organization_id.into()),
        ("organization_origin", placement.organization_origin.into()),
        ("grants", placement.grants.into()),
        ("direct_admin", placement.direct_admin.into()),
    ]
}

/// Inserts a user with his addresses and memberships, and gives back the last removed record of his login.
pub async fn insert(
    conn: &mut Conn<'_>,
    row: UserRow,
    emails: &[Email],
    memberships: &[MembershipRow],
) -> QueryResult<Option<DbId>> {
    let emails = insert_emails(row.account_id, row.id, emails);
    let memberships = (!memberships.is_empty()).then(|| insert_memberships(memberships));
    let user = insert_row(row);
    let more = emails.into_iter().chain(memberships);
    let mut sql: Sql<Nullable<IdSql>> = Sql::new("");
    if DIALECT.inserts_together {
        sql.words("WITH person AS (").append(user);
        for (opening, one) in ["), second AS (", "), third AS ("].into_iter().zip(more) {
            sql.words(opening).append(one);
        }
        sql.words(") SELECT previous_user_id FROM person");
        return sql.get_result(conn).await;
    }
    sql.append(user);
    let previous = sql.load(conn).await?.pop().flatten();
    for one in more {
        one.execute(conn).await?;
    }
    Ok(previous)
}

fn insert_row(row: UserRow) -> Sql<()> {
    let mut previous = Sql::new("(SELECT id FROM removed_users WHERE account_id = ");
    previous.id(row.account_id).words(" AND user_name_key = ").text(row.written.names.user_name_key.as_str());
    previous.words(" ORDER BY id DESC LIMIT 1)");
    let first: [(&str, Piece); 9] = [
        ("INSERT INTO users (account_id", row.account_id.into()),
        ("id", row.id.into()),
        ("connection_id", row.connection_id.into()),
        ("body", row.body.into()),
        ("search", row.search.into()),
        ("version", row.version.into()),
        ("last_modified", row.last_modified.into()),
        ("previous_user_id", previous.into()),
        ("is_admin", row.written.placement.is_admin.into()),
    ];
    let mut sql = Sql::new("");
    let mut values = Vec::new();
    for (column, value) in first.into_iter().chain(columns(row.written)) {
        sql.words(if values.is_empty() { "" } else { ", " }).words(column);
        values.push(value);
    }
    sql.words(") VALUES ").row(values).words(" RETURNING previous_user_id");
    sql
}

type StoredUserSql =
    ((IdSql, BigInt, BigInt, Text), IdSql, (Text, Bool, Nullable<IdSql>, Text, Text, Bool, Bool), Nullable<IdSql>);

/// What of users of an account is read to show or change them.
fn stored(account: Id) -> Sql<StoredUserSql> {
    let mut sql = Sql::new(
        "SELECT id, version, last_modified, body, connection_id, status, active, organization_id, organization_origin, \
         grants, direct_admin, is_admin, previous_user_id FROM users WHERE account_id = ",
    );
    sql.id(account);
    sql
}

/// The statement of one user.
enum StoredOne {}

fn stored_one(account: Id, id: Id) -> Cached<Fixed<StoredOne, StoredUserSql>> {
    let mut sql = stored(account);
    sql.words(" AND id = ").id(id);
    sql.fixed()
}

pub async fn find(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<StoredUser>> {
    stored_one(account, id).get_result(conn).await.optional()
}

/// The same, kept from others until the transaction ends.
pub async fn find_locked(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<StoredUser>> {
    Locked(stored_one(account, id)).get_result(conn).await.optional()
}

/// Several users, in order of their ids.
pub async fn find_all(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<StoredUser>> {
    let mut sql = stored(account);
    sql.words(" AND id").one_of(ids).words(" ORDER BY id");
    sql.load(conn).await
}

/// A user of a connection who was deactivated, by what the connection calls him.
pub async fn find_leaver(
    conn: &mut Conn<'_>,
    account: Id,
    connection: Id,
    external_id: Option<&str>,
    user_name_key: &str,
) -> QueryResult<Option<DbId>> {
    let leavers = users::table
        .filter(users::account_id.eq(DbId(account)))
        .filter(users::connection_id.eq(DbId(connection)))
        .filter(users::active.eq(false))
        .select(users::id);
    if let Some(external_id) = external_id
        && let Some(found) = leavers.filter(users::external_id.eq(external_id)).first(conn).await.optional()?
    {
        return Ok(Some(found));
    }
    leavers.filter(users::user_name_key.eq(user_name_key)).first(conn).await.optional()
}

/// The folded employee number of a user; the index `users_by_employee_number` has the beginning of it.
const EMPLOYEE_NUMBER: &str =
    "(search->'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'->>'employeeNumber')";

/// A user of a connection by what the connection calls him: the externalId, the employee number, the userName, in this
/// order. A number that several have names nobody.
pub async fn find_of_connection(
    conn: &mut Conn<'_>,
    account: Id,
    connection: Id,
    external_id: Option<&str>,
    employee_number: Option<&str>,
    user_name_key: &str,
) -> QueryResult<Option<DbId>> {
    let users = users::table
        .filter(users::account_id.eq(DbId(account)))
        .filter(users::connection_id.eq(DbId(connection)))
        .select(users::id);
    if let Some(external_id) = external_id
        && let Some(found) = users.filter(users::external_id.eq(external_id)).first(conn).await.optional()?
    {
        return Ok(Some(found));
    }
    if let Some(number) = employee_number {
        let mut sql: Sql<IdSql> = Sql::new("SELECT id FROM users WHERE account_id = ");
        sql.id(account).words(" AND connection_id = ").id(connection);
        sql.words(" AND substr(").words(EMPLOYEE_NUMBER).words(", 1, 100) = ");
        sql.text(number.chars().take(100).collect::<String>());
        sql.words(" AND ").words(EMPLOYEE_NUMBER).words(" IS NOT NULL AND ").words(EMPLOYEE_NUMBER).words(" = ");
        sql.text(number).words(" LIMIT 2");
        let found: Vec<DbId> = sql.load(conn).await?;
        if let [one] = found.as_slice() {
            return Ok(Some(*one));
        }
    }
    users.filter(users::user_name_key.eq(user_name_key)).first(conn).await.optional()
}

/// Writes a changed user who still has the version that the change was made from.
pub async fn update(conn: &mut Conn<'_>, change: UserChange, emails: Option<&[Email]>) -> QueryResult<bool> {
    let UserChange { account, id, version, next_version, now, profile, was, row } = change;
    let mut sql: Sql<()> = Sql::new("UPDATE users SET version = ");
    sql.bigint(next_version).words(", last_modified = ").bigint(now);
    sql.words(", body = ").text(profile.body).words(", search = ").value(Json(profile.search));
    // Always: the change of a membership may have written it just before.
    sql.words(", is_admin = ").value(row.placement.is_admin);
    let was = was.map(columns);
    for (place, (column, value)) in columns(row).into_iter().enumerate() {
        if was.as_ref().is_none_or(|was| was[place].1 != value) {
            sql.words(", ").words(column).words(" = ").value(value);
        }
    }
    sql.words(" WHERE account_id = ").id(account).words(" AND id = ").id(id);
    sql.words(" AND version = ").bigint(version);
    if sql.execute(conn).await? == 0 {
        return Ok(false);
    }
    if let Some(emails) = emails {
        let old = user_emails::table.filter(user_emails::account_id.eq(DbId(account)));
        diesel::delete(old.filter(user_emails::user_id.eq(DbId(id)))).execute(conn).await?;
        if let Some(emails) = insert_emails(account.into(), id.into(), emails) {
            emails.execute(conn).await?;
        }
    }
    Ok(true)
}

/// The holder of an e-mail address as login or primary address, other than `except`.
pub async fn holder_of_email(
    conn: &mut Conn<'_>,
    account: Id,
    email_key: &str,
    except: Id,
) -> QueryResult<Option<DbId>> {
    let by_login = users::table
        .filter(users::account_id.eq(DbId(account)))
        .filter(users::user_name_key.eq(email_key))
        .filter(users::id.ne(DbId(except)))
        .select(users::id);
    if let Some(found) = by_login.first(conn).await.optional()? {
        return Ok(Some(found));
    }
    let by_address = user_emails::table
        .filter(user_emails::account_id.eq(DbId(account)))
        .filter(user_emails::value_key.eq(email_key))
        .filter(user_emails::user_id.ne(DbId(except)))
        .filter(user_emails::is_primary.eq("true").or(user_emails::position.eq(0)))
        .select(user_emails::user_id);
    by_address.first(conn).await.optional()
}

/// Makes a tombstone of a user; false when there is none. His memberships are gone before.
pub async fn bury(conn: &mut Conn<'_>, tombstone: RemovedUserRow) -> QueryResult<bool> {
    let user = users::table.find((tombstone.account_id, tombstone.id));
    let deleted = diesel::delete(user).execute(conn).await?;
    tombstone.insert_into(removed_users::table).execute(conn).await?;
    Ok(deleted > 0)
}

pub async fn removed(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<RemovedUserRow>> {
    let user = removed_users::table.find((DbId(account), DbId(id)));
    user.select(RemovedUserRow::as_select()).first(conn).await.optional()
}

/// Removed users in order of their ids, behind `after`.
pub async fn all_removed(
    conn: &mut Conn<'_>,
    account: Id,
    after: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<RemovedUserRow>> {
    removed_users::table
        .filter(removed_users::account_id.eq(DbId(account)))
        .filter(removed_users::id.gt(DbId(after.unwrap_or(Id::NIL))))
        .select(RemovedUserRow::as_select())
        .order(removed_users::id)
        .limit(limit)
        .load(conn)
        .await
}

/// Whether the account, or one organization of it, has an active administrator.
pub async fn has_active_admin(conn: &mut Conn<'_>, account: Id, organization: Option<Id>) -> QueryResult<bool> {
    let admins = users::table
        .filter(users::account_id.eq(DbId(account)))
        .filter(users::is_admin)
        .filter(users::status.eq("active"))
        .select(users::id);
    let found: Option<DbId> = match organization {
        Some(organization) => {
            let there = admins.filter(users::organization_id.eq(DbId(organization)));
            there.first(conn).await.optional()?
        }
        None => admins.first(conn).await.optional()?,
    };
    Ok(found.is_some())
}

/// Some active administrators of the account or of one organization.
pub async fn active_admin_ids(
    conn: &mut Conn<'_>,
    account: Id,
    organization: Option<Id>,
    limit: i64,
) -> QueryResult<Vec<DbId>> {
    let admins = users::table
        .filter(users::account_id.eq(DbId(account)))
        .filter(users::is_admin)
        .filter(users::status.eq("active"))
        .select(users::id)
        .limit(limit);
    match organization {
        Some(organization) => admins.filter(users::organization_id.eq(DbId(organization))).load(conn).await,
        None => admins.load(conn).await,
    }
}

/// Active administrators, for a person who needs one: their bodies.
pub async fn some_active_admins(conn: &mut Conn<'_>, account: Id, limit: i64) -> QueryResult<Vec<String>> {
    users::table
        .filter(users::account_id.eq(DbId(account)))
        .filter(users::is_admin)
        .filter(users::status.eq("active"))
        .select(users::body)
        .order(users::id)
        .limit(limit)
        .load(conn)
        .await
}

/// How many live users have a role directly, whether it counts for them or is held. It looks at every user.
pub async fn holders_of_role(conn: &mut Conn<'_>, account: Id, key: &str) -> QueryResult<i64> {
    let wildcards = |text: &str| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    // A quotation mark inside a JSON text is escaped, so this stands nowhere else.
    let pattern = format!("%{}%", wildcards(&format!("\"key\":{}", serde_json::Value::from(key))));
    let all = users::table.filter(users::account_id.eq(DbId(account)));
    all.filter(users::grants.like(pattern).escape('\\')).count().get_result(conn).await
}

/// Sets who is an administrator by inheritance or not.
pub async fn set_is_admin(conn: &mut Conn<'_>, account: Id, ids: &[Id], is_admin: bool) -> QueryResult<()> {
    for chunk in ids.chunks(1_000) {
        let chunk: Vec<DbId> = chunk.iter().copied().map(DbId).collect();
        let named = users::table.filter(users::account_id.eq(DbId(account))).filter(users::id.eq_any(chunk));
        diesel::update(named).set(users::is_admin.eq(is_admin)).execute(conn).await?;
    }
    Ok(())
}

fn insert_emails(account: DbId, user: DbId, emails: &[Email]) -> Option<Sql<()>> {
    let columns =
        "INSERT INTO user_emails (account_id, user_id, position, value_key, type_key, display_key, is_primary)";
    let rows = EmailRow::all(account, user, emails);
    (!rows.is_empty()).then(|| insert_rows(columns, &rows, email_values))
}

fn email_values(row: &EmailRow) -> [Piece; 7] {
    [
        row.account_id.into(),
        row.user_id.into(),
        row.position.into(),
        (&row.value_key).into(),
        (&row.type_key).into(),
        (&row.display_key).into(),
        (&row.is_primary).into(),
    ]
}
