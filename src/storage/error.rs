//! What can go wrong in a database, in the words that callers decide by.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// Uniqueness and references that the database guards, by the names that the migrations give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    AccountName,
    ConnectionName,
    UserName,
    UserExternalId,
    GroupDisplayName,
    GroupExternalId,
    Username,
    OrganizationName,
    SettingsSetName,
    TrustedIssuer,
    /// Something that a row refers to is not there.
    Reference,
    Other,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database refuses a duplicate or a dangling reference ({0:?})")]
    Conflict(Constraint),
    /// Nothing was changed; the same request may succeed later.
    #[error("the database is busy or out of reach: {0}")]
    Unavailable(String),
    /// Others changed the same rows; the work can be done again at once.
    #[error("others change the same data: {0}")]
    Contention(String),
    /// The connection was lost while a change was being committed.
    #[error("it is not known whether the change was made: {0}")]
    OutcomeUnknown(String),
    #[error("the database has no room left: {0}")]
    Full(String),
    #[error("the database failed: {0}")]
    Internal(String),
}

/// An error of work on a database: it can carry a storage error.
pub trait WorkError: From<Error> + Send + 'static {
    fn storage(&self) -> Option<&Error>;
}

impl WorkError for Error {
    fn storage(&self) -> Option<&Error> {
        Some(self)
    }
}

impl Error {
    /// The transaction could not begin or end.
    pub(super) fn from_commit(reason: String) -> Self {
        match () {
            () if is_full(&reason) => Self::Full(reason),
            // It may be in the file or not: a failed flush says neither.
            () if reason.contains(BROKEN_DISK) => Self::OutcomeUnknown(reason),
            () => Self::Unavailable(reason),
        }
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::DatabaseError(kind, information) => {
                let message = information.message();
                match kind {
                    DatabaseErrorKind::UniqueViolation => {
                        Self::Conflict(constraint(information.constraint_name().unwrap_or(message)))
                    }
                    DatabaseErrorKind::ForeignKeyViolation => Self::Conflict(Constraint::Reference),
                    DatabaseErrorKind::SerializationFailure => Self::Contention(error.to_string()),
                    _ if message.contains("deadlock detected") => Self::Contention(error.to_string()),
                    DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => {
                        Self::Unavailable(error.to_string())
                    }
                    _ if is_full(message) => Self::Full(error.to_string()),
                    _ if is_passing(message) => Self::Unavailable(error.to_string()),
                    _ => Self::Internal(error.to_string()),
                }
            }
            DieselError::BrokenTransactionManager => Self::Unavailable(error.to_string()),
            _ => Self::Internal(error.to_string()),
        }
    }
}

/// PostgreSQL names the index, SQLite the columns.
fn constraint(name: &str) -> Constraint {
    let is = |index: &str, columns: &str| name == index || name.ends_with(columns);
    match () {
        () if is("accounts_by_name", "accounts.name_key") => Constraint::AccountName,
        () if is("connections_by_name", "connections.name_key") => Constraint::ConnectionName,
        () if is("users_by_user_name", "users.user_name_key") => Constraint::UserName,
        () if is("users_by_external_id", "users.external_id, users.connection_id") => Constraint::UserExternalId,
        () if is("groups_by_display_name", "groups.display_name_key") => Constraint::GroupDisplayName,
        () if is("groups_by_external_id", "groups.external_id, groups.connection_id") => Constraint::GroupExternalId,
        () if is("users_by_username", "users.organization_id, users.username_key") => Constraint::Username,
        () if is("organizations_by_display_name", "organizations.display_name_key") => Constraint::OrganizationName,
        () if is("settings_sets_by_display_name", "settings_sets.display_name_key") => Constraint::SettingsSetName,
        () if is("trusted_issuers_live", "trusted_issuers.subject") => Constraint::TrustedIssuer,
        () => Constraint::Other,
    }
}

/// What SQLite says when the system refuses to read or write, also where a file may not grow.
const BROKEN_DISK: &str = "disk I/O error";

fn is_full(message: &str) -> bool {
    ["disk is full", "No space left"].iter().any(|part| message.contains(part))
}

/// What PostgreSQL says while it starts, stops or breaks a deadlock, and SQLite while another process writes.
fn is_passing(message: &str) -> bool {
    let passing = [
        "database is locked",
        BROKEN_DISK,
        "terminating connection",
        "the database system is",
        "connection closed",
        "too many clients",
        "recovery mode",
        "interrupted",
        "statement timeout",
        "canceling statement",
    ];
    passing.iter().any(|part| message.contains(part))
}
