//! The model of the product: accounts, connections and their credentials, users, groups. Pure; time is an argument.
//!
//! What the product decides on is a field here. What it only keeps for a client is in a resource's `Profile`.

mod account;
mod connection;
mod credential;
mod field;
mod group;
mod id;
mod name;
mod user;

pub use account::{Account, Preset};
pub use connection::{Connection, Dialect, RoleCeiling};
pub use credential::{AdminKey, HashedSecret, Lifetime, PlainSecret, SecretKind, Token};
pub use field::{Condition, FIRST, Field, Kind};
pub use group::{Group, GroupDraft};
pub use id::Id;
pub use name::{MAX_INDEXED, Name, check_indexed};
pub use user::{Email, User, UserDraft};

/// What a client may read of a resource beyond the fields of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The resource as JSON text, ready to send but for what others decide: membership, address, version.
    pub body: String,
    /// Folded values of the attributes that have no field, as JSON text, for conditions.
    pub search: String,
}

/// What a rule of the model refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{what} must not be longer than {MAX_INDEXED} characters; it has {length}.")]
    TooLong { what: &'static str, length: usize },
    #[error("{what} must not be empty.")]
    Empty { what: &'static str },
    #[error("{value:?} is not a {what}. Use one of: {known}.")]
    UnknownWord { what: &'static str, value: String, known: String },
}
