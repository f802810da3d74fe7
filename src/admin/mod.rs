//! The use cases of an administrator and of the command line.

//!
//! Those that `http` runs are functions of `&mut Tx`, so that one transaction can hold the change, its answer under an
//! Idempotency-Key, or nothing when it is only tried.

mod accounts;
mod authenticate;
mod credentials;
mod error;
mod first_start;
mod last_uses;
mod once;
mod organizations;
mod request;
mod resources;
mod roles;
mod schedule;

pub use accounts::{
    accounts, add_connection, complete_accounts, connection_of, connections, connections_page, create_account,
    create_connection, find_account, find_connection, own_account,
};
pub use authenticate::authenticate;
pub use credentials::{
    IssuedSecret, add_admin_key, add_token, admin_keys, admin_keys_page, create_admin_key, create_token,
    lifetime_of_days, remove_admin_key, remove_token, revoke_admin_key, revoke_token, tokens, tokens_page,
};
pub use error::Error;
pub use first_start::{FirstStart, first_start};
pub use last_uses::LastUses;
pub use once::{Done, How, Outcome, forget_answers, once};
pub use organizations::{
    change_organization, change_settings_set, create_organization, create_settings_set, delete_organization,
    delete_settings_set, organization_of, organizations_page, settings_set_of, settings_sets_page,
};
pub use request::{Asked, Page, Request, Window};
pub use resources::Shown;
pub use roles::{RoleChange, ShownRole, add_role, change_role, delete_role, role_of, roles_page};
pub use schedule::{Later, cancel, put_off, run_due, scheduled};

/// What `http` hands to a use case without knowing the storage.
pub use crate::storage::{Db, Tx};
