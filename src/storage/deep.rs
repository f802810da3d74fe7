//! What `doctor --deep` asks of a database: rows that break what always holds, and the rows themselves to judge what only the
//! program can judge.

use super::types::DbId;
use diesel::prelude::Queryable;

/// A state that there must not be, which the database finds by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Pages and indexes of the file; PostgreSQL has tools of its own.
    BrokenFile,
    UserInUnknownOrganization,
    UserWithoutGroup,
    UserWithoutOnePrimary,
    UserPlacedByGroup,
    /// `active` says another thing than `status`, or the status is none of a live user.
    UserWithWrongStatus,
    OrganizationWithoutSettingsSet,
    AccountWithoutDefaultGroup,
    AccountWithoutDefaultOrganization,
    RemovedButThere,
    RemovedAndChanged,
    MembershipOfNobody,
    MembershipInNothing,
    EventAheadOfUser,
    EventAheadOfGroup,
    EventAheadOfOrganization,
    EventAheadOfSettingsSet,
    EventNumberTwice,
    /// The next event would get a number that is not above all others.
    EventNumberAhead,
    GroupWithWrongCount,
    WrongTotalOfUsers,
    WrongTotalOfGroups,
    WrongTotalOfOrganizations,
    WrongTotalOfSettingsSets,
    FewerRemovalsThanTombstones,
    UserOfForeignConnection,
    GroupOfForeignConnection,
    CredentialOfNothing,
    /// Rows of an account that there is not, in one of `TABLES`.
    RowOfNoAccount(usize),
}

/// Every table whose rows belong to an account.
pub const TABLES: [&str; 19] = [
    "admin_keys",
    "audit",
    "connection_quirks",
    "connections",
    "events",
    "groups",
    "idempotency",
    "memberships",
    "oauth_clients",
    "oauth_secrets",
    "organizations",
    "removed_users",
    "scheduled_changes",
    "settings_sets",
    "tokens",
    "totals",
    "trusted_issuers",
    "user_emails",
    "users",
];

/// What a probe found: the account, the row, and what there is to say of it.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub account: Option<DbId>,
    pub id: Option<DbId>,
    pub what: Option<String>,
}

/// A user as the database has him, with what follows from others.
#[derive(Queryable, Debug, Clone)]
pub struct WalkedUser {
    pub account: DbId,
    pub id: DbId,
    pub user_name_key: String,
    pub external_id: Option<String>,
    pub display_name_key: Option<String>,
    pub username_key: Option<String>,
    pub body: String,
    pub search: String,
    pub organization_origin: String,
    pub grants: String,
    pub direct_admin: bool,
    pub is_admin: bool,
    /// One of the groups makes its members administrators where groups grant roles.
    pub inherits_admin: bool,
}

#[derive(Queryable, Debug, Clone)]
pub struct WalkedGroup {
    pub account: DbId,
    pub id: DbId,
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
    pub body: String,
    pub search: String,
    pub roles: String,
    pub grants_admin: bool,
}

/// An organization or a settings set.
#[derive(Queryable, Debug, Clone)]
pub struct WalkedPlain {
    pub account: DbId,
    pub id: DbId,
    pub display_name: String,
    pub display_name_key: String,
    pub external_id: Option<String>,
    pub body: String,
    pub search: String,
    /// None of a settings set.
    pub settings_set: Option<DbId>,
}

/// The e-mail addresses of a user as conditions find them.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct WalkedEmail {
    pub account: DbId,
    pub user: DbId,
    pub value_key: Option<String>,
    pub type_key: Option<String>,
    pub display_key: Option<String>,
    pub is_primary: Option<String>,
}

#[derive(Queryable, Debug, Clone)]
pub struct WalkedMembership {
    pub account: DbId,
    pub user: DbId,
    pub group: DbId,
    pub origins: String,
}

/// An event that may show that somebody was an administrator once.
#[derive(Queryable, Debug, Clone)]
pub struct AdminEvent {
    pub sequence: i64,
    pub kind: String,
    pub user: String,
    pub data: String,
    pub request_id: String,
}
