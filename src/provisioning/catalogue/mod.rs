//! `/Roles` and `/Entitlements`: the role catalogue of the account and what its roles are made of, to be read.

mod list;
mod types;

pub use list::{list_of_catalogue, read_of_catalogue};
pub use types::{Entitlements, ReadOnly, Roles};
