//! The model of the product: accounts with policies, organizations, roles, users, groups and memberships, connections
//! with rules and credentials. Pure; time is an argument.
//!
//! What the product decides on is a field here. What it only keeps for a client is in a resource's `Profile`.

mod account;
mod connection;
mod credential;
mod field;
mod group;
mod guard;
mod id;
mod ledger;
mod membership;
mod name;
mod network;
mod organization;
mod origin;
mod policy;
mod role;
mod rule;
mod trust;
mod user;

pub use account::{Account, Preset};
pub use connection::{
    AboveCeiling, AttributeMode, Connection, ConnectionSettings, Dialect, LogSettings, OnConflict, RateLimit,
    RoleCeiling, Scope, UnknownMembers,
};
pub use credential::{AdminKey, CredentialKind, HashedSecret, Lifetime, PlainSecret, SecretKind, Token};
pub use field::{Condition, FIRST, Field, Kind};
pub use group::{Group, GroupDraft};
pub use guard::Guard;
pub use id::Id;
pub use ledger::{AuditEntry, Change, Event, Ledger, Subject};
pub use membership::{Door, Flags, Membership, MembershipDiff, Memberships};
pub use name::{MAX_INDEXED, Name, check_indexed};
pub use network::Network;
pub use organization::{OrganizationDraft, SettingsSetDraft};
pub use origin::{Actor, Origin};
pub use policy::{
    Activation, Cardinality, Days, Discovery, Fallback, GroupDelete, GroupsMode, GuardScope, Mode, Policies, Required,
    SingleOnAdd, Switch, UnknownRoles, UserDelete, VisibleUsers,
};
pub use role::{CAPABILITIES, Catalogue, Ceiling, Role, RoleGrant, RoleWish, assign, has_admin};
pub use rule::{Rule, RuleBook, RuleGroup, RuleSet};
pub use trust::{Algorithm, ClientSecret, Keys, OAuthClient, Trust, TrustedIssuer};
pub use user::{Email, Placement, Status, User, UserDraft, UserNames};

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
    #[error("There is no policy \"{key}\". GET /api/v1/account lists those there are, with their values.")]
    UnknownPolicy { key: String },
    #[error("The policy {key} cannot be \"{value}\". It takes: {known}.")]
    PolicyValue { key: &'static str, value: String, known: String },
    #[error("\"{text}\" is neither an address nor a network. Write 192.0.2.7, 198.51.100.0/24 or 2001:db8::/32.")]
    NotANetwork { text: String },
    #[error("{what} must be between {least} and {most}; it is {value}.")]
    OutOfRange { what: &'static str, value: u64, least: u64, most: u64 },
    #[error("A role is called \"{name}\" already. Choose another key, name or alias.")]
    RoleTaken { name: String },
}
