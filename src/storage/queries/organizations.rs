//! Organizations and settings sets.

use super::{Conn, RunQueryDsl};
use crate::domain::Id;
use crate::storage::rows::{OrganizationDraftRow, OrganizationRow, SettingsSetDraftRow, SettingsSetRow, Stored};
use crate::storage::schema::{organizations, settings_sets, users};
use crate::storage::sql::{Cached, Locked, Shared};
use crate::storage::types::{DbId, db_ids};
use diesel::dsl::count_star;
use diesel::prelude::{BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, OptionalExtension, QueryDsl};
use diesel::result::QueryResult;

pub async fn insert(conn: &mut Conn<'_>, row: OrganizationRow) -> QueryResult<()> {
    row.insert_into(organizations::table).execute(conn).await?;
    Ok(())
}

/// An organization and its settings set.
pub async fn find(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<(Stored, DbId)>> {
    let organization = organizations::table.find((DbId(account), DbId(id)));
    let stored = (organizations::id, organizations::version, organizations::last_modified, organizations::body);
    organization.select((stored, organizations::settings_set_id)).first(conn).await.optional()
}

/// The same, kept from others until the transaction ends.
pub async fn find_locked(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<(Stored, DbId)>> {
    let organization = organizations::table.find((DbId(account), DbId(id)));
    let stored = (organizations::id, organizations::version, organizations::last_modified, organizations::body);
    Ok(Cached(Locked(organization.select((stored, organizations::settings_set_id)))).load(conn).await?.pop())
}

/// Keeps an organization from being deleted until the transaction ends; false when it is gone already.
pub async fn hold(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<bool> {
    let organization = organizations::table.find((DbId(account), DbId(id)));
    let held: Vec<DbId> = Cached(Shared(organization.select(organizations::id))).load(conn).await?;
    Ok(!held.is_empty())
}

/// An organization by its folded name.
pub async fn by_name(conn: &mut Conn<'_>, account: Id, name_key: &str) -> QueryResult<Option<DbId>> {
    let named = organizations::table.filter(organizations::account_id.eq(DbId(account)));
    let named = named.filter(organizations::display_name_key.eq(name_key));
    named.select(organizations::id).first(conn).await.optional()
}

/// Ids, names and settings sets of organizations.
pub async fn names(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<(DbId, String, DbId)>> {
    let of_account = organizations::table.filter(organizations::account_id.eq(DbId(account)));
    let columns = (organizations::id, organizations::display_name, organizations::settings_set_id);
    where_one_of!(organizations::id, ids, |named| of_account.filter(named).select(columns), load(conn))
}

/// The names of some organizations, for a sentence.
pub async fn some_names(conn: &mut Conn<'_>, account: Id, limit: i64) -> QueryResult<Vec<String>> {
    let all = organizations::table.filter(organizations::account_id.eq(DbId(account)));
    all.select(organizations::display_name).order(organizations::id).limit(limit).load(conn).await
}

/// Writes a changed organization if it still has the version that the change was made from.
pub async fn update(
    conn: &mut Conn<'_>,
    account: Id,
    id: Id,
    version: i64,
    now: i64,
    draft: OrganizationDraftRow,
) -> QueryResult<bool> {
    let organization = organizations::table.find((DbId(account), DbId(id))).filter(organizations::version.eq(version));
    let change = (draft, organizations::version.eq(version + 1), organizations::last_modified.eq(now));
    Ok(diesel::update(organization).set(change).execute(conn).await? > 0)
}

pub async fn delete(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<()> {
    diesel::delete(organizations::table.find((DbId(account), DbId(id)))).execute(conn).await?;
    Ok(())
}

/// How many live users an organization has.
pub async fn count_users(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<i64> {
    let there = users::table.filter(users::account_id.eq(DbId(account)));
    there.filter(users::organization_id.eq(DbId(id))).count().get_result(conn).await
}

/// The same for several; those without users are left out.
pub async fn count_users_of_all(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<(Option<DbId>, i64)>> {
    let ids = db_ids(ids);
    let there = users::table.filter(users::account_id.eq(DbId(account))).filter(users::organization_id.eq_any(ids));
    there.group_by(users::organization_id).select((users::organization_id, count_star())).load(conn).await
}

pub async fn insert_settings_set(conn: &mut Conn<'_>, row: SettingsSetRow) -> QueryResult<()> {
    row.insert_into(settings_sets::table).execute(conn).await?;
    Ok(())
}

pub async fn find_settings_set(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<Stored>> {
    let set = settings_sets::table.find((DbId(account), DbId(id)));
    let stored = (settings_sets::id, settings_sets::version, settings_sets::last_modified, settings_sets::body);
    set.select(stored).first(conn).await.optional()
}

/// The same, kept from others until the transaction ends.
pub async fn find_settings_set_locked(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<Option<Stored>> {
    let set = settings_sets::table.find((DbId(account), DbId(id)));
    let stored = (settings_sets::id, settings_sets::version, settings_sets::last_modified, settings_sets::body);
    Ok(Locked(set.select(stored)).load(conn).await?.pop())
}

/// Keeps a settings set from being deleted until the transaction ends; false when it is gone already.
pub async fn hold_settings_set(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<bool> {
    let set = settings_sets::table.find((DbId(account), DbId(id)));
    let held: Vec<DbId> = Shared(set.select(settings_sets::id)).load(conn).await?;
    Ok(!held.is_empty())
}

/// A settings set by its folded name.
pub async fn settings_set_by_name(conn: &mut Conn<'_>, account: Id, name_key: &str) -> QueryResult<Option<DbId>> {
    let named = settings_sets::table.filter(settings_sets::account_id.eq(DbId(account)));
    let named = named.filter(settings_sets::display_name_key.eq(name_key));
    named.select(settings_sets::id).first(conn).await.optional()
}

/// The names of some settings sets, for a sentence.
pub async fn some_settings_set_names(conn: &mut Conn<'_>, account: Id, limit: i64) -> QueryResult<Vec<String>> {
    let all = settings_sets::table.filter(settings_sets::account_id.eq(DbId(account)));
    all.select(settings_sets::display_name).order(settings_sets::id).limit(limit).load(conn).await
}

/// The settings sets of organizations: the organization, then the set.
pub async fn settings_sets_of(conn: &mut Conn<'_>, account: Id, ids: &[Id]) -> QueryResult<Vec<(DbId, Stored)>> {
    let ids = db_ids(ids);
    let set = settings_sets::account_id
        .eq(organizations::account_id)
        .and(settings_sets::id.eq(organizations::settings_set_id));
    let joined = organizations::table.inner_join(settings_sets::table.on(set));
    let named = joined.filter(organizations::account_id.eq(DbId(account))).filter(organizations::id.eq_any(ids));
    let stored = (settings_sets::id, settings_sets::version, settings_sets::last_modified, settings_sets::body);
    named.select((organizations::id, stored)).load(conn).await
}

/// Writes a changed settings set if it still has the version that the change was made from.
pub async fn update_settings_set(
    conn: &mut Conn<'_>,
    account: Id,
    id: Id,
    version: i64,
    now: i64,
    draft: SettingsSetDraftRow,
) -> QueryResult<bool> {
    let set = settings_sets::table.find((DbId(account), DbId(id))).filter(settings_sets::version.eq(version));
    let change = (draft, settings_sets::version.eq(version + 1), settings_sets::last_modified.eq(now));
    Ok(diesel::update(set).set(change).execute(conn).await? > 0)
}

pub async fn delete_settings_set(conn: &mut Conn<'_>, account: Id, id: Id) -> QueryResult<()> {
    diesel::delete(settings_sets::table.find((DbId(account), DbId(id)))).execute(conn).await?;
    Ok(())
}

/// The organizations that apply settings sets: the set, then id and name of the organization.
pub async fn using_settings_sets(
    conn: &mut Conn<'_>,
    account: Id,
    ids: &[Id],
) -> QueryResult<Vec<(DbId, DbId, String)>> {
    let ids = db_ids(ids);
    let using = organizations::table
        .filter(organizations::account_id.eq(DbId(account)))
        .filter(organizations::settings_set_id.eq_any(ids));
    let columns = (organizations::settings_set_id, organizations::id, organizations::display_name);
    using.select(columns).order(organizations::id).load(conn).await
}
