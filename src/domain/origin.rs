//! Who gave a grant, and who acts.

use super::Id;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Who gave a role, a membership or an organization. A source may only withdraw what it gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Origin {
    /// A connection's push.
    Scim(Id),
    /// A rule of a connection.
    Rule(Id),
    /// A group, for roles that its members inherit.
    Group(Id),
    /// An administrator: the user, or the account's own key.
    Admin(Option<Id>),
    Import(Id),
    Invitation(Id),
    /// Nobody: the product's own default.
    Fallback,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scim(id) => write!(f, "scim:{id}"),
            Self::Rule(id) => write!(f, "rule:{id}"),
            Self::Group(id) => write!(f, "group:{id}"),
            Self::Admin(Some(id)) => write!(f, "admin:{id}"),
            Self::Admin(None) => f.write_str("admin:account"),
            Self::Import(id) => write!(f, "import:{id}"),
            Self::Invitation(id) => write!(f, "invitation:{id}"),
            Self::Fallback => f.write_str("fallback"),
        }
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an origin");
        if text == "fallback" {
            return Ok(Self::Fallback);
        }
        let (kind, id) = text.split_once(':').ok_or_else(wrong)?;
        if (kind, id) == ("admin", "account") {
            return Ok(Self::Admin(None));
        }
        let id = id.parse().map_err(|_| wrong())?;
        match kind {
            "scim" => Ok(Self::Scim(id)),
            "rule" => Ok(Self::Rule(id)),
            "group" => Ok(Self::Group(id)),
            "admin" => Ok(Self::Admin(Some(id))),
            "import" => Ok(Self::Import(id)),
            "invitation" => Ok(Self::Invitation(id)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    Connection(Id),
    /// A user through a key of his own, or the account's own key.
    Admin(Option<Id>),
    /// The operator on the command line.
    Operator,
}

impl Actor {
    /// The origin of what the actor grants.
    pub fn origin(self) -> Origin {
        match self {
            Self::Connection(id) => Origin::Scim(id),
            Self::Admin(user) => Origin::Admin(user),
            Self::Operator => Origin::Admin(None),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(id) => write!(f, "connection:{id}"),
            Self::Admin(Some(user)) => write!(f, "user:{user}"),
            Self::Admin(None) => f.write_str("account"),
            Self::Operator => f.write_str("operator"),
        }
    }
}
