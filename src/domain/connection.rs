//! The connection: one identity provider or HR system that pushes into one account.

use super::account::words;
use super::{Error, Id, Name, RuleBook};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub account: Id,
    pub id: Id,
    pub name: Name,
    pub dialect: Dialect,
    pub role_ceiling: RoleCeiling,
    pub settings: ConnectionSettings,
    pub rules: RuleBook,
    /// Counts changes.
    pub version: i64,
    pub created: i64,
}

impl Connection {
    /// Nobody's connection: what an administrator does himself has no ceiling and no rules.
    pub fn none(account: Id) -> Self {
        Self {
            account,
            id: Id::NIL,
            name: Name { text: String::new(), key: String::new() },
            dialect: Dialect::Auto,
            role_ceiling: RoleCeiling::Administrator,
            settings: ConnectionSettings { above_ceiling: AboveCeiling::Reject, ..ConnectionSettings::default() },
            rules: RuleBook::default(),
            version: 0,
            created: 0,
        }
    }
}

/// What an administrator may set of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConnectionSettings {
    /// P-25.
    pub scope: Scope,
    /// What a POST for a user of this connection does; without it, what the dialect chooses.
    pub on_conflict: Option<OnConflict>,
    /// P-18.
    pub above_ceiling: AboveCeiling,
    /// P-28; without it, what the dialect chooses.
    pub unknown_members: Option<UnknownMembers>,
    /// P-29; without it, what the dialect chooses.
    pub attributes: Option<AttributeMode>,
    /// `groups` that are written on a user are his memberships (SailPoint); without it they are ignored.
    pub groups_on_users: bool,
    /// Local edits of what the connection gave are refused.
    pub manages_attributes: bool,
    /// How fast it may push; without it, what the server's configuration says.
    pub rate_limit: Option<RateLimit>,
    /// The addresses it may come from, such as `192.0.2.7` or `198.51.100.0/24`; empty: from anywhere.
    pub allowed_addresses: Vec<String>,
    pub log: LogSettings,
}

/// How fast a connection may push: a bucket of `burst` requests that fills by `per_second`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimit {
    pub per_second: u32,
    pub burst: u32,
}

/// What the provisioning log keeps of a connection's requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LogSettings {
    /// Whether bodies are kept; secrets in them are always masked.
    pub bodies: bool,
    /// Whether personal data in bodies, filters and paths are masked, too.
    pub mask_personal_data: bool,
    /// Days after which entries go.
    pub days: u32,
    /// Megabytes after which the oldest entries go.
    pub megabytes: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { bodies: true, mask_personal_data: false, days: 30, megabytes: 100 }
    }
}

/// What a connection may do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    #[default]
    Account,
    UsersOnly,
    ReadOnly,
    /// Members of these groups.
    #[serde(rename = "groupAdmin")]
    GroupAdmin(Vec<Id>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// 409; the look-up by filter finds the user.
    #[default]
    Refuse,
    /// The old record comes back.
    Restore,
    /// A POST for a user that exists updates him: HR systems send whole lists again and again.
    Upsert,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AboveCeiling {
    /// Stored as sent, not effective until an administrator approves it.
    #[default]
    Hold,
    Reject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownMembers {
    #[default]
    Reject,
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeMode {
    #[default]
    Lenient,
    Strict,
}

/// How a connection wants to be understood where clients truly disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Understands every client at once.
    #[default]
    Auto,
    Entra,
    Okta,
    /// Refuses what the schema does not know (draft-zollner-scim-interop-profile).
    Strict,
}

/// The highest role that a connection may grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum RoleCeiling {
    #[default]
    StandardUser,
    FinanceAdmin,
    Administrator,
}

words!(Dialect, "dialect", Auto = "auto", Entra = "entra", Okta = "okta", Strict = "strict");
words!(OnConflict, "value of onConflict", Refuse = "refuse", Restore = "restore", Upsert = "upsert");
words!(AboveCeiling, "value of aboveCeiling", Hold = "hold", Reject = "reject");
words!(UnknownMembers, "value of unknownMembers", Reject = "reject", Skip = "skip");
words!(AttributeMode, "value of attributes", Lenient = "lenient", Strict = "strict");
words!(
    RoleCeiling,
    "role ceiling",
    StandardUser = "standard_user",
    FinanceAdmin = "finance_admin",
    Administrator = "administrator"
);
