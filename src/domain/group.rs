//! The group.

use super::{Id, Name, Profile};

/// A group as somebody wants it to be, without its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDraft {
    /// Unique in the account without regard to case.
    pub display_name: Name,
    pub external_id: Option<String>,
    pub archived: bool,
    /// Keys of the catalogue that members inherit.
    pub roles: Vec<String>,
    pub profile: Profile,
}

/// A group of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub account: Id,
    pub id: Id,
    /// The connection that made it.
    pub connection: Id,
    pub version: i64,
    pub last_modified: i64,
    pub member_count: i64,
    /// Whoever is in no other group is in it.
    pub is_default: bool,
    /// One of its roles makes an administrator.
    pub grants_admin: bool,
    pub draft: GroupDraft,
}

impl Group {
    /// A new group without members.
    pub fn found(account: Id, connection: Id, id: Id, draft: GroupDraft) -> Self {
        Self {
            account,
            id,
            connection,
            version: 1,
            last_modified: id.created(),
            member_count: 0,
            is_default: false,
            grants_admin: false,
            draft,
        }
    }
}
