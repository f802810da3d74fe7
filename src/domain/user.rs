//! The user.

use super::account::words;
use super::{Error, Id, Name, Origin, Profile, RoleGrant};
use std::fmt;
use std::str::FromStr;

/// Where a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Invited,
    Active,
    Inactive,
    /// For ever: a tombstone for ownership and audit.
    Removed,
}

words!(Status, "status", Invited = "invited", Active = "active", Inactive = "inactive", Removed = "removed");

/// A person as somebody wants him to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDraft {
    pub names: UserNames,
    pub emails: Vec<Email>,
    pub profile: Profile,
}

/// What a person is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserNames {
    /// The login, unique in the account without regard to case.
    pub user_name: Name,
    /// The name in the identity provider, unique among what one connection made.
    pub external_id: Option<String>,
    pub display_name: Option<Name>,
    /// The product's own handle, unique in the organization without regard to case.
    pub username: Option<Name>,
}

/// The parts of an e-mail address that conditions ask for, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    pub value_key: Option<String>,
    pub type_key: Option<String>,
    pub display_key: Option<String>,
    pub primary: Option<bool>,
}

/// What the product decides about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    pub status: Status,
    /// None for a parked user.
    pub organization: Option<Id>,
    pub organization_origin: Origin,
    pub roles: Vec<RoleGrant>,
    /// One of the effective direct roles makes an administrator.
    pub direct_admin: bool,
    /// One of the effective roles, inherited ones included, makes an administrator.
    pub is_admin: bool,
}

impl Placement {
    pub fn is_active_admin(&self) -> bool {
        self.is_admin && self.status == Status::Active
    }
}

/// A person of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub account: Id,
    pub id: Id,
    /// The connection that made him; nil when an administrator did.
    pub connection: Id,
    /// Counts changes; the ETag.
    pub version: i64,
    pub last_modified: i64,
    pub draft: UserDraft,
    pub placement: Placement,
}
