//! Why an administrator's use case cannot do what was asked.

use crate::storage::WorkError;
use crate::{domain, provisioning, storage};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Domain(#[from] domain::Error),
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error(transparent)]
    Provisioning(#[from] provisioning::Error),
    #[error("There is no {what} \"{name}\". {hint}")]
    NotFound { what: &'static str, name: String, hint: &'static str },
    #[error("The {what} \"{name}\" exists already. Choose another name.")]
    Exists { what: &'static str, name: String },
    #[error("The operating system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl WorkError for Error {
    fn storage(&self) -> Option<&storage::Error> {
        match self {
            Self::Storage(error) => Some(error),
            Self::Provisioning(error) => error.storage(),
            _ => None,
        }
    }
}
