//! Names that are unique, and the length that a database can index.

use super::Error;
use crate::expr::fold;

/// Characters of a value that has an index of its own; PostgreSQL takes no more than 2,700 bytes there.
pub const MAX_INDEXED: usize = 512;

/// A name that is compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub text: String,
    pub key: String,
}

impl Name {
    /// Checks and folds a name. `what` says to a person which one it is.
    pub fn new(what: &'static str, text: &str) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Err(Error::Empty { what });
        }
        Self::or_blank(what, text)
    }

    /// The same for a name that nobody has to have, which may be blank.
    pub fn or_blank(what: &'static str, text: &str) -> Result<Self, Error> {
        check_indexed(what, text)?;
        Ok(Self { text: text.to_owned(), key: fold(text) })
    }
}

/// Refuses what no index could hold.
pub fn check_indexed(what: &'static str, text: &str) -> Result<(), Error> {
    let length = text.chars().count();
    if length > MAX_INDEXED { Err(Error::TooLong { what, length }) } else { Ok(()) }
}
