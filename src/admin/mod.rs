//! The use cases of an administrator and of the command line.

//!
//! Those that `http` runs are functions of `&mut Tx`, so that one transaction can hold the change, its answer under an
//! Idempotency-Key, or nothing when it is only tried.

mod accounts;
mod authenticate;
mod credentials;
mod error;
mod first_start;
mod groups;
mod last_uses;
mod once;
mod request;
mod said;
mod through;
mod users;

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
pub use groups::{
    CandidateView, GroupFields, GroupFilters, GroupView, MemberView, MemberWanted, MembersChanged, archive_group,
    candidates_page, change_member, change_members, create_group, delete_group, edit_group, group_of, groups_page,
    members_page,
};
pub use last_uses::LastUses;
pub use once::{Done, How, Outcome, forget_answers, once};
pub use request::{Asked, Page, Request, Window};
pub use said::Said;
pub use users::{
    Answer, AnyUser, Changed, EffectiveSettings, Explanation, MembershipWanted, Question, UserFields, UserFilters,
    UserView, create_user, deactivate_user, decide, edit_user, effective_settings, explain, reactivate_user,
    remove_user, set_memberships, user_of, users_page,
};

/// What `http` hands to a use case without knowing the storage.
pub use crate::storage::{Db, Tx};
