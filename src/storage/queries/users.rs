//! Users.

use super::{Conn, RunQueryDsl, memberships};
use crate::domain::{Email, Id};
use crate::storage::rows::{EmailRow, Stored, UserDraftRow, UserRow};
use crate::storage::schema::{user_emails, users};
use crate::storage::sql::{Cached, Locked};
use crate::storage::types::DbId;
use diesel::prelude::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl};
use diesel::result::QueryResult;

pub async fn insert(conn: &mut Conn<'_>, row: UserRow, emails: &[Email]) -> QueryResult<()> {
    let (account, id) = (row.account_id, row.id);
    row.insert_into(users::table).execute(conn).await?;
    insert_emails(conn, account, id, emails).await
}

pub async fn find(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<Stored>> {
    let user = users::table.find((DbId(account), DbId(id)));
    user.select((users::id, users::version, users::last_modified, users::body)).first(conn).await.optional()
}

/// The same, kept from others until the transaction ends.
pub async fn find_locked(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<Stored>> {
    let user = users::table.find((DbId(account), DbId(id)));
    let stored = (users::id, users::version, users::last_modified, users::body);
    Ok(Locked(user.select(stored)).load(conn).await?.pop())
}

/// Writes a changed user if it still has the version that the change was made from.
pub async fn update(
    conn: &mut Conn<'_>,
    account: Id,
    id: Id,
    version: i64,
    now: i64,
    draft: UserDraftRow,
    emails: Option<&[Email]>,
) -> QueryResult<bool> {
    let user = users::table.find((DbId(account), DbId(id))).filter(users::version.eq(version));
    let change = (draft, users::version.eq(version + 1), users::last_modified.eq(now));
    if Cached(diesel::update(user).set(change)).execute(conn).await? == 0 {
        return Ok(false);
    }
    if let Some(emails) = emails {
        let old = user_emails::table.filter(user_emails::account_id.eq(DbId(account)));
        diesel::delete(old.filter(user_emails::user_id.eq(DbId(id)))).execute(conn).await?;
        insert_emails(conn, DbId(account), DbId(id), emails).await?;
    }
    Ok(true)
}

/// Removes a user and his memberships; false when there is none.
pub async fn delete(conn: &mut Conn<'_>, account: Id, id: Id, now: i64) -> QueryResult<bool> {
    memberships::leave_all(conn, account, id, now).await?;
    let deleted = diesel::delete(users::table.find((DbId(account), DbId(id)))).execute(conn).await?;
    Ok(deleted > 0)
}

async fn insert_emails(conn: &mut Conn<'_>, account: DbId, user: DbId, emails: &[Email]) -> QueryResult<()> {
    if !emails.is_empty() {
        EmailRow::all(account, user, emails).insert_into(user_emails::table).execute(conn).await?;
    }
    Ok(())
}
