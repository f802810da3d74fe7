//! The connection: one identity provider or HR system that pushes into one account.

use super::account::words;
use super::{Error, Id, Name};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub account: Id,
    pub id: Id,
    pub name: Name,
    pub dialect: Dialect,
    pub role_ceiling: RoleCeiling,
    pub created: i64,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RoleCeiling {
    #[default]
    StandardUser,
    FinanceAdmin,
    Administrator,
}

words!(Dialect, "dialect", Auto = "auto", Entra = "entra", Okta = "okta", Strict = "strict");
words!(
    RoleCeiling,
    "role ceiling",
    StandardUser = "standard_user",
    FinanceAdmin = "finance_admin",
    Administrator = "administrator"
);
