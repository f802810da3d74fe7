//! Why a use case cannot do what was asked.

use crate::storage::WorkError;
use crate::{domain, scim, storage};
use std::net::IpAddr;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Scim(#[from] scim::Error),
    #[error(transparent)]
    Domain(#[from] domain::Error),
    /// A guardrail of the product.
    #[error(transparent)]
    Guard(#[from] domain::Guard),
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// Not there, or of another account: the same to the client.
    #[error("{resource_type} {id} was not found.")]
    NotFound { resource_type: &'static str, id: String },
    /// Another resource has the value.
    #[error("{attribute} {value:?} is taken")]
    Taken { code: &'static str, resource_type: &'static str, attribute: &'static str, value: String },
    /// `If-Match` names another version.
    #[error("the resource has changed")]
    VersionConflict,
    /// Users named as members that are not there.
    #[error("unknown members: {0:?}")]
    UnknownMembers(Vec<String>),
    /// Flags for somebody who is no member.
    #[error("the user {0} is no member")]
    NotMember(String),
    #[error("a group cannot be a member")]
    GroupAsMember,
    #[error("more than {limit} {what}")]
    TooLarge { what: &'static str, limit: u64 },
    /// No, or no good, credential.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The connection may not be used from there.
    #[error("the address {0} is not allowed")]
    AddressNotAllowed(IpAddr),
    /// Whether the credential is good cannot be found out.
    #[error("{0}")]
    IssuerOutOfReach(&'static str),
    /// The credential is good but the request is about a person it does not stand for.
    #[error("not implemented: {0}")]
    NotImplemented(&'static str),
}

impl WorkError for Error {
    fn storage(&self) -> Option<&storage::Error> {
        match self {
            Self::Storage(error) => Some(error),
            _ => None,
        }
    }
}
