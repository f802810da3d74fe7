//! The use cases of an administrator and of the command line.

mod accounts;
mod credentials;
mod error;
mod first_start;
mod last_uses;

pub use accounts::{
    accounts, complete_accounts, connections, create_account, create_connection, find_account, find_connection,
};
pub use credentials::{
    IssuedSecret, admin_keys, create_admin_key, create_token, revoke_admin_key, revoke_token, tokens,
};
pub use error::Error;
pub use first_start::{FirstStart, first_start};
pub use last_uses::LastUses;
