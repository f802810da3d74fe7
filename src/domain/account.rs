//! The account: the tenant, the outermost wall.

use super::{Catalogue, Error, Id, Name, Policies};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: Id,
    pub name: Name,
    pub preset: Preset,
    pub policies: Policies,
    pub catalogue: Catalogue,
    pub default_organization: Id,
    pub default_group: Id,
    /// Counts changes.
    pub version: i64,
    pub created: i64,
}

/// Which product guide the account follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preset {
    #[default]
    Default,
    Easyink,
    Acrobat,
    Portal,
    OrgAdmin,
    BulkHub,
}

/// Words for the values of an enum without data: one table reads and writes them.
macro_rules! words {
    ($name:ident, $what:literal, $($variant:ident = $word:literal),+) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word),+ })
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(Error::UnknownWord {
                        what: $what,
                        value: text.to_owned(),
                        known: [$($word),+].join(", "),
                    }),
                }
            }
        }
    };
}
pub(super) use words;

words!(
    Preset,
    "preset",
    Default = "default",
    Easyink = "easyink",
    Acrobat = "acrobat",
    Portal = "portal",
    OrgAdmin = "org_admin",
    BulkHub = "bulk_hub"
);
