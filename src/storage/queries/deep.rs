//! What `doctor --deep` asks: each statement is one set of rows or one stretch of a walk by key, and needs no memory that
//! grows with the database.

use super::{Conn, DIALECT, RunQueryDsl};
use crate::domain::Id;
use crate::storage::deep::{
    AdminEvent, Found, Probe, TABLES, WalkedEmail, WalkedGroup, WalkedMembership, WalkedPlain, WalkedUser,
};
use crate::storage::sql::Sql;
use crate::storage::types::IdSql;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

type FoundSql = (Nullable<IdSql>, Nullable<IdSql>, Nullable<Text>);

/// The first rows that break what a probe looks at.
pub async fn probe(conn: &mut Conn<'_>, probe: Probe, limit: i64) -> QueryResult<Vec<Found>> {
    let mut sql: Sql<FoundSql> = Sql::new("");
    sql.never_cached();
    put(&mut sql, probe);
    sql.words(" LIMIT ").bigint(limit);
    sql.load(conn).await
}

/// Users of a table that lack something.
const USERS: &str = "SELECT u.account_id, u.id, NULL AS what FROM users u WHERE ";

fn put(sql: &mut Sql<FoundSql>, probe: Probe) {
    match probe {
        Probe::BrokenFile => {
            let none = DIALECT.no_id.trim_start_matches(", ");
            sql.words("SELECT ").words(none).words(DIALECT.no_id).words(", what FROM (");
            sql.words(DIALECT.broken_file).words(") broken");
        }
        Probe::UserInUnknownOrganization => {
            sql.words(USERS).words(
                "u.organization_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM organizations o \
                 WHERE o.account_id = u.account_id AND o.id = u.organization_id)",
            );
        }
        Probe::UserWithoutGroup => {
            sql.words(USERS).words(
                "NOT EXISTS (SELECT 1 FROM memberships m WHERE m.account_id = u.account_id AND m.user_id = u.id)",
            );
        }
        Probe::UserWithoutOnePrimary => {
            sql.words(
                "SELECT m.account_id, m.user_id, NULL AS what FROM memberships m GROUP BY m.account_id, m.user_id \
                 HAVING SUM(CASE WHEN m.is_primary THEN 1 ELSE 0 END) <> 1",
            );
        }
        Probe::UserPlacedByGroup => {
            sql.words(USERS).words("u.organization_origin LIKE 'group:%'");
        }
        Probe::UserWithWrongStatus => {
            sql.words(
                "SELECT u.account_id, u.id, u.status AS what FROM users u WHERE NOT ((u.active = TRUE AND u.status \
                 IN ('active', 'invited')) OR (u.active = FALSE AND u.status = 'inactive'))",
            );
        }
        Probe::OrganizationWithoutSettingsSet => {
            sql.words(
                "SELECT o.account_id, o.id, NULL AS what FROM organizations o WHERE NOT EXISTS (SELECT 1 \
                 FROM settings_sets s WHERE s.account_id = o.account_id AND s.id = o.settings_set_id)",
            );
        }
        Probe::AccountWithoutDefaultGroup => {
            sql.words(
                "SELECT a.id, a.default_group_id, NULL AS what FROM accounts a WHERE (SELECT COUNT(*) FROM groups g \
                 WHERE g.account_id = a.id AND g.is_default = TRUE) <> 1 OR NOT EXISTS (SELECT 1 FROM groups g \
                 WHERE g.account_id = a.id AND g.id = a.default_group_id AND g.is_default = TRUE \
                 AND g.archived = FALSE AND g.roles = '[]')",
            );
        }
        Probe::AccountWithoutDefaultOrganization => {
            sql.words(
                "SELECT a.id, a.default_organization_id, NULL AS what FROM accounts a WHERE NOT EXISTS (SELECT 1 \
                 FROM organizations o WHERE o.account_id = a.id AND o.id = a.default_organization_id)",
            );
        }
        Probe::RemovedButThere => {
            sql.words(
                "SELECT r.account_id, r.id, NULL AS what FROM removed_users r WHERE EXISTS (SELECT 1 FROM users u \
                 WHERE u.account_id = r.account_id AND u.id = r.id)",
            );
        }
        Probe::RemovedAndChanged => {
            sql.words("SELECT e.account_id").words(DIALECT.no_id).words(" AS id, e.subject_id AS what FROM events e ");
            sql.words("LEFT JOIN removed_users r ON r.account_id = e.account_id AND r.id = ");
            put_subject(sql);
            sql.words(
                " WHERE e.kind = 'user.removed' \
                 AND (r.id IS NULL OR r.version <> e.version OR r.removed_at <> e.at)",
            );
        }
        Probe::MembershipOfNobody => {
            sql.words(
                "SELECT m.account_id, m.user_id, NULL AS what FROM memberships m WHERE NOT EXISTS (SELECT 1 \
                 FROM users u WHERE u.account_id = m.account_id AND u.id = m.user_id)",
            );
        }
        Probe::MembershipInNothing => {
            sql.words(
                "SELECT m.account_id, m.user_id, NULL AS what FROM memberships m WHERE NOT EXISTS (SELECT 1 \
                 FROM groups g WHERE g.account_id = m.account_id AND g.id = m.group_id)",
            );
        }
        Probe::EventAheadOfUser => put_ahead(sql, "users", "'user'"),
        Probe::EventAheadOfGroup => put_ahead(sql, "groups", "'group'"),
        Probe::EventAheadOfOrganization => put_ahead(sql, "organizations", "'organization'"),
        Probe::EventAheadOfSettingsSet => put_ahead(sql, "settings_sets", "'settings_set'"),
        Probe::EventNumberTwice => {
            sql.words("SELECT account_id").words(DIALECT.no_id).words(" AS id, CAST(sequence AS TEXT) AS what ");
            sql.words("FROM events GROUP BY account_id, sequence HAVING COUNT(*) > 1");
        }
        Probe::EventNumberAhead => {
            sql.words("SELECT account_id").words(DIALECT.no_id).words(" AS id, CAST(sequence AS TEXT) AS what ");
            sql.words("FROM events WHERE ").words(DIALECT.sequences_ahead);
        }
        Probe::GroupWithWrongCount => {
            sql.words(
                "SELECT account_id, id, CAST(kept AS TEXT) || ' counted, ' || CAST(there AS TEXT) || ' there' AS what \
                 FROM (SELECT g.account_id AS account_id, g.id AS id, g.member_count AS kept, (SELECT COUNT(*) \
                 FROM memberships m WHERE m.account_id = g.account_id AND m.group_id = g.id) AS there \
                 FROM groups g WHERE g.is_default = FALSE) counts WHERE kept <> there",
            );
        }
        Probe::WrongTotalOfUsers => put_total(sql, "live", "'user'", "users x WHERE TRUE", "<>"),
        Probe::WrongTotalOfGroups => {
            let listed = "groups x WHERE x.is_default = FALSE AND x.archived = FALSE";
            put_total(sql, "live", "'group'", listed, "<>");
        }
        Probe::WrongTotalOfOrganizations => {
            put_total(sql, "live", "'organization'", "organizations x WHERE TRUE", "<>");
        }
        Probe::WrongTotalOfSettingsSets => {
            put_total(sql, "live", "'settings_set'", "settings_sets x WHERE TRUE", "<>");
        }
        Probe::FewerRemovalsThanTombstones => {
            put_total(sql, "removed", "'user'", "removed_users x WHERE TRUE", "<");
        }
        Probe::UserOfForeignConnection => put_foreign(sql, "users"),
        Probe::GroupOfForeignConnection => put_foreign(sql, "groups"),
        Probe::CredentialOfNothing => put_dangling(sql),
        Probe::RowOfNoAccount(table) => {
            let table = TABLES[table];
            sql.words("SELECT t.account_id").words(DIALECT.no_id).words(" AS id, '").words(table);
            sql.words("' AS what FROM ").words(table).words(" t WHERE NOT EXISTS ");
            sql.words("(SELECT 1 FROM accounts a WHERE a.id = t.account_id)");
        }
    }
}

/// The subject of an event `e` as an identifier.
fn put_subject(sql: &mut Sql<FoundSql>) {
    sql.template(DIALECT.text_as_id, |sql, _| {
        sql.words("e.subject_id");
    });
}

/// Events that tell of a version which the row has not reached.
fn put_ahead(sql: &mut Sql<FoundSql>, table: &'static str, kind: &'static str) {
    sql.words("SELECT e.account_id, r.id, CAST(e.version AS TEXT) AS what FROM events e JOIN ").words(table);
    sql.words(" r ON r.account_id = e.account_id AND r.id = ");
    put_subject(sql);
    sql.words(" WHERE e.subject_kind = ").words(kind).words(" AND e.version > r.version");
}

/// Accounts of which a kept total and the rows disagree.
fn put_total(
    sql: &mut Sql<FoundSql>,
    column: &'static str,
    kind: &'static str,
    rows: &'static str,
    wrong: &'static str,
) {
    sql.words("SELECT account").words(DIALECT.no_id).words(" AS id, ").words(kind);
    sql.words(" || ': ' || CAST(kept AS TEXT) || ' counted, ' || CAST(there AS TEXT) || ' there' AS what FROM (");
    sql.words("SELECT a.id AS account, (SELECT COALESCE(SUM(t.").words(column).words("), 0) FROM totals t ");
    sql.words("WHERE t.account_id = a.id AND t.kind = ").words(kind).words(") AS kept, (SELECT COUNT(*) FROM ");
    sql.words(rows).words(" AND x.account_id = a.id) AS there FROM accounts a) counts WHERE kept ").words(wrong);
    sql.words(" there");
}

/// Resources made by a connection that their account does not have.
fn put_foreign(sql: &mut Sql<FoundSql>, table: &'static str) {
    sql.words("SELECT r.account_id, r.id, NULL AS what FROM ").words(table).words(" r WHERE r.connection_id <> ");
    sql.id(Id::NIL).words(" AND NOT EXISTS (SELECT 1 FROM connections c WHERE c.account_id = r.account_id ");
    sql.words("AND c.id = r.connection_id)");
}

/// Credentials of a connection or a client that their account does not have.
fn put_dangling(sql: &mut Sql<FoundSql>) {
    for table in ["tokens", "oauth_clients", "trusted_issuers"] {
        sql.words("SELECT t.account_id, t.id, '").words(table).words("' AS what FROM ").words(table);
        sql.words(" t WHERE NOT EXISTS (SELECT 1 FROM connections c WHERE c.account_id = t.account_id ");
        sql.words("AND c.id = t.connection_id) UNION ALL ");
    }
    sql.words("SELECT s.account_id, s.id, 'oauth_secrets' AS what FROM oauth_secrets s WHERE NOT EXISTS (SELECT 1 ");
    sql.words("FROM oauth_clients c WHERE c.account_id = s.account_id AND c.id = s.client_id)");
}

/// Parked users of an account.
pub async fn parked(conn: &mut Conn<'_>, account: Id, limit: i64) -> QueryResult<Vec<Found>> {
    let mut sql: Sql<FoundSql> = Sql::new(USERS);
    sql.words("u.account_id = ").id(account).words(" AND u.organization_id IS NULL LIMIT ").bigint(limit);
    sql.load(conn).await
}

/// Administrators of an account who are not active and whose organization has no active one; the organization is what there
/// is to say.
pub async fn idle_admins(conn: &mut Conn<'_>, account: Id, limit: i64) -> QueryResult<Vec<Found>> {
    let mut sql: Sql<FoundSql> = Sql::new(USERS);
    sql.words("u.account_id = ").id(account).words(
        " AND u.is_admin AND u.status = 'inactive' AND u.organization_id IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM users o WHERE o.account_id = u.account_id AND o.is_admin \
         AND o.status = 'active' AND o.organization_id = u.organization_id) LIMIT ",
    );
    sql.bigint(limit);
    sql.load(conn).await
}

/// Events of an account that name a role, where a role is given.
pub async fn admin_events(
    conn: &mut Conn<'_>,
    account: Id,
    role: &str,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<AdminEvent>> {
    let mut sql: Sql<(BigInt, Text, Text, Text, Text)> =
        Sql::new("SELECT sequence, kind, subject_id, data, request_id FROM events WHERE account_id = ");
    sql.id(account).words(" AND sequence > ").bigint(after);
    sql.words(" AND kind IN ('user.created', 'user.roles_changed') AND ").words(DIALECT.find).words("(data, ");
    sql.text(format!("\"{role}\"")).words(") > 0 ORDER BY sequence LIMIT ").bigint(limit);
    sql.load(conn).await
}

/// Goes on behind the last row of the stretch before, whatever account that was in.
fn put_stretch<ST>(sql: &mut Sql<ST>, key: &'static str, after: Option<(Id, Id)>, limit: i64) {
    let (account, id) = after.unwrap_or((Id::NIL, Id::NIL));
    sql.words(" WHERE (").words(key).words(") > (").id(account).words(", ").id(id).words(") ORDER BY ").words(key);
    sql.words(" LIMIT ").bigint(limit);
}

type UserSql =
    (IdSql, IdSql, Text, Nullable<Text>, Nullable<Text>, Nullable<Text>, Text, Text, Text, Text, Bool, Bool, Bool);

pub async fn users(conn: &mut Conn<'_>, after: Option<(Id, Id)>, limit: i64) -> QueryResult<Vec<WalkedUser>> {
    let mut sql: Sql<UserSql> = Sql::new(
        "SELECT u.account_id, u.id, u.user_name_key, u.external_id, u.display_name_key, u.username_key, u.body, \
         CAST(u.search AS TEXT), u.organization_origin, u.grants, u.direct_admin, u.is_admin, EXISTS (SELECT 1 \
         FROM memberships m JOIN groups g ON g.account_id = m.account_id AND g.id = m.group_id \
         WHERE m.account_id = u.account_id AND m.user_id = u.id AND g.grants_admin = TRUE) FROM users u",
    );
    put_stretch(&mut sql, "u.account_id, u.id", after, limit);
    sql.load(conn).await
}

type EmailSql = (IdSql, IdSql, Nullable<Text>, Nullable<Text>, Nullable<Text>, Nullable<Text>);

/// The addresses of the users behind one and up to another.
pub async fn emails(conn: &mut Conn<'_>, after: Option<(Id, Id)>, until: (Id, Id)) -> QueryResult<Vec<WalkedEmail>> {
    let (account, user) = after.unwrap_or((Id::NIL, Id::NIL));
    let mut sql: Sql<EmailSql> = Sql::new(
        "SELECT account_id, user_id, value_key, type_key, display_key, is_primary FROM user_emails \
         WHERE (account_id, user_id) > (",
    );
    sql.id(account).words(", ").id(user).words(") AND (account_id, user_id) <= (").id(until.0).words(", ").id(until.1);
    sql.words(") ORDER BY account_id, user_id, position");
    sql.load(conn).await
}

/// The memberships of the users behind one and up to another.
pub async fn memberships(
    conn: &mut Conn<'_>,
    after: Option<(Id, Id)>,
    until: (Id, Id),
) -> QueryResult<Vec<WalkedMembership>> {
    let (account, user) = after.unwrap_or((Id::NIL, Id::NIL));
    let mut sql: Sql<(IdSql, IdSql, IdSql, Text)> =
        Sql::new("SELECT account_id, user_id, group_id, origins FROM memberships WHERE (account_id, user_id) > (");
    sql.id(account).words(", ").id(user).words(") AND (account_id, user_id) <= (").id(until.0).words(", ").id(until.1);
    sql.words(")");
    sql.load(conn).await
}

type GroupSql = (IdSql, IdSql, Text, Text, Nullable<Text>, Text, Text, Text, Bool);

pub async fn groups(conn: &mut Conn<'_>, after: Option<(Id, Id)>, limit: i64) -> QueryResult<Vec<WalkedGroup>> {
    let mut sql: Sql<GroupSql> = Sql::new(
        "SELECT account_id, id, display_name, display_name_key, external_id, body, CAST(search AS TEXT), roles, \
         grants_admin FROM groups",
    );
    put_stretch(&mut sql, "account_id, id", after, limit);
    sql.load(conn).await
}

type PlainSql = (IdSql, IdSql, Text, Text, Nullable<Text>, Text, Text, Nullable<IdSql>);

pub async fn organizations(conn: &mut Conn<'_>, after: Option<(Id, Id)>, limit: i64) -> QueryResult<Vec<WalkedPlain>> {
    let mut sql: Sql<PlainSql> = Sql::new(
        "SELECT account_id, id, display_name, display_name_key, external_id, body, CAST(search AS TEXT), \
         settings_set_id FROM organizations",
    );
    put_stretch(&mut sql, "account_id, id", after, limit);
    sql.load(conn).await
}

pub async fn settings_sets(conn: &mut Conn<'_>, after: Option<(Id, Id)>, limit: i64) -> QueryResult<Vec<WalkedPlain>> {
    let mut sql: Sql<PlainSql> =
        Sql::new("SELECT account_id, id, display_name, display_name_key, external_id, body, CAST(search AS TEXT)");
    sql.words(DIALECT.no_id).words(" FROM settings_sets");
    put_stretch(&mut sql, "account_id, id", after, limit);
    sql.load(conn).await
}
