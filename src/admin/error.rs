//! Why an administrator's use case cannot do what was asked.

use crate::domain::Id;
use crate::storage::WorkError;
use crate::{domain, provisioning, storage};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Domain(#[from] domain::Error),
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// A guardrail of the product.
    #[error(transparent)]
    Guard(#[from] domain::Guard),
    #[error(transparent)]
    Scim(#[from] crate::scim::Error),
    #[error(transparent)]
    Provisioning(#[from] provisioning::Error),
    #[error("There is no {what} \"{name}\". {hint}")]
    NotFound { what: &'static str, name: String, hint: &'static str },
    #[error("The {what} \"{name}\" exists already. Choose another name.")]
    Exists { what: &'static str, name: String, holder: Option<Id> },
    /// Not there, or of another account: the same to who asks.
    #[error("There is no {what} with the id \"{id}\" in this account. Read the list for what there is.")]
    NotVisible { what: &'static str, id: String },
    /// No, or no good, credential.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// Somebody would take away what he needs himself.
    #[error("{0}")]
    SelfRemoval(&'static str),
    #[error(
        "The account is in organization mode already. Rename its organization with PATCH /api/v1/organizations/{{id}}."
    )]
    OrganizationModeActive,
    /// What is wrong with one rule of several.
    #[error("Rule {}, {field}: {cause}", index + 1)]
    Rule { index: usize, field: &'static str, cause: Box<Error> },
    /// Another one has the value, and which one it is.
    #[error("{error}")]
    Taken { error: provisioning::Error, list: &'static str, holder: Id },
    /// A parameter that is none of the words there are.
    #[error("There is no such {field}. Known are: {known}.")]
    UnknownValue { field: &'static str, known: String },
    /// A value that no rule of the model speaks of.
    #[error("{detail}")]
    Invalid { field: &'static str, detail: &'static str },
    /// A token would belong to two connections.
    #[error(
        "A connection on this server trusts this issuer for this audience and subject already. Revoke that trust, or name \
         another audience or subject."
    )]
    IssuerTaken,
    /// `If-Match` names another version.
    #[error("This has changed since it was read. Read it again and repeat the change.")]
    VersionConflict,
    #[error("The cursor is not one that this list has given. Begin again without a cursor.")]
    CursorInvalid,
    #[error("The Idempotency-Key was used for another request within the last 24 hours. Send a new key.")]
    KeyReused,
    #[error(
        "This request was done before, and its answer carried a secret that is shown only once. If the secret is lost, \
         revoke \"{id}\" and make another with a new Idempotency-Key."
    )]
    SecretShown { id: String },
    #[error("The operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl WorkError for Error {
    fn storage(&self) -> Option<&storage::Error> {
        match self {
            Self::Storage(error) => Some(error),
            Self::Provisioning(error) => error.storage(),
            Self::Rule { cause, .. } => cause.storage(),
            _ => None,
        }
    }
}
