//! The user.

use super::{Id, Name, Profile};

/// A person as somebody wants him to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDraft {
    /// The login, unique in the account without regard to case.
    pub user_name: Name,
    /// The name in the identity provider, unique among what one connection made.
    pub external_id: Option<String>,
    pub display_name: Option<Name>,
    pub active: bool,
    pub emails: Vec<Email>,
    pub profile: Profile,
}

/// The parts of an e-mail address that conditions ask for, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    pub value_key: Option<String>,
    pub type_key: Option<String>,
    pub display_key: Option<String>,
    pub primary: Option<bool>,
}

/// A person of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub account: Id,
    pub id: Id,
    /// The connection that made him.
    pub connection: Id,
    /// Counts changes; the ETag.
    pub version: i64,
    pub last_modified: i64,
    pub draft: UserDraft,
}

impl User {
    /// A new user. `id` is given because a bulk request refers to users that are still to be made.
    pub fn join(account: Id, connection: Id, id: Id, draft: UserDraft) -> Self {
        Self { account, id, connection, version: 1, last_modified: id.created(), draft }
    }
}
