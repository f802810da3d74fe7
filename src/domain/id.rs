//! Identifiers: UUIDs of version 7, so that their order is the order of creation.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Identifies one thing for ever; never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(pub Uuid);

impl Id {
    /// Nothing's identifier: it stands where a connection would, for what no connection made.
    pub const NIL: Self = Self(Uuid::nil());

    /// A new identifier, greater than those this process made before.
    #[expect(clippy::new_without_default, reason = "every call gives another value")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// When it was made: milliseconds since 1970.
    pub fn created(&self) -> i64 {
        let bytes = self.0.as_bytes();
        bytes[..6].iter().fold(0, |time, byte| (time << 8) | i64::from(*byte))
    }

    /// The least identifier of that millisecond: conditions on the time of creation are ranges of identifiers.
    pub fn first_of(milliseconds: i64) -> Self {
        let time = milliseconds.clamp(0, (1 << 48) - 1);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&time.to_be_bytes()[2..]);
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for Id {
    type Err = uuid::Error;

    /// Takes the hyphenated form only: another spelling of the same identifier would be another name for a resource.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::try_parse(if text.len() == 36 { text } else { "" }).map(Self)
    }
}

impl TryFrom<String> for Id {
    type Error = uuid::Error;

    fn try_from(text: String) -> Result<Self, uuid::Error> {
        text.parse()
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.to_string()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}
