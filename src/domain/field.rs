//! What conditions and orders can ask of resources.

use crate::expr::{Expr, Value};

/// What a list is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    User,
    Group,
    Organization,
    SettingsSet,
}

impl Kind {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Organization => "organization",
            Self::SettingsSet => "settings_set",
        }
    }
}

/// A fact about a user or a group. Text is compared folded; which facts have an index is said at each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Indexed.
    Id,
    /// Indexed; users only.
    UserName,
    /// Indexed.
    DisplayName,
    /// Indexed.
    ExternalId,
    /// Indexed for inactive users; users only.
    Active,
    /// Indexed: the time stands in the id.
    Created,
    /// Indexed.
    LastModified,
    /// A list with the elements `value`, `type`, `display`, `primary`; `value` is indexed. Users only.
    Emails,
    /// A list with the elements `value` and `display`; `value` is indexed. Users only.
    Groups,
    /// A list with the element `value`, indexed. Groups only.
    Members,
    /// Indexed for invited users; users only.
    Status,
    /// The organization of a user, by name or id; indexed. Users only.
    Organization,
    /// The product's own handle, indexed; users only.
    Username,
    /// A user's primary group, by name or id; indexed. Users only.
    PrimaryGroup,
    /// A list with the elements `value`, `display`, `primary`, `groupAdmin`, `canSend`, `origin`; `value` is indexed. Users
    /// only.
    Memberships,
    /// A list with the elements `value`, `groupAdmin`, `canSend`, `primary`; `value` is indexed. Groups only.
    MemberSettings,
    /// Groups only.
    Archived,
    /// Groups only: it is the account's Default group.
    Default,
    /// Groups only: how many members.
    MemberCount,
    /// Anything else that a client keeps here, by its path in `Profile::search`; `FIRST` stands for the first element
    /// of a list. Not indexed.
    Profile(Vec<&'static str>),
    /// Inside a condition on one element of a list: a part of that element.
    Element(&'static str),
}

/// In the path of a `Field::Profile`: the first element of a list.
pub const FIRST: &str = "[0]";

/// A condition on a user or a group.
pub type Condition = Expr<Field, Value>;
