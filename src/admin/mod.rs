//! The use cases of an administrator and of the command line.
//!
//! Those that `http` runs are functions of `&mut Tx`, so that one transaction can hold the change, its answer under an
//! Idempotency-Key, or nothing when it is only tried.

mod accounts;
mod authenticate;
mod connections;
mod credentials;
mod deep;
mod error;
mod expiry;
mod first_start;
mod groups;
mod last_uses;
mod ledger;
mod log;
mod oauth_clients;
mod once;
mod organizations;
mod policies;
mod quirks;
mod request;
mod resources;
mod roles;
mod rule_bench;
mod rules;
mod said;
mod schedule;
mod tell;
mod through;
mod trust;
mod trusted_issuers;
mod users;

pub use accounts::{
    DefaultNames, accounts, complete_accounts, create_account, default_names, find_account, own_account,
};
pub use authenticate::authenticate;
pub use connections::{
    ConnectionWish, ScopeWish, change_connection, connection_of, connections, connections_page, create_connection,
    find_connection, make_connection,
};
pub use credentials::{
    IssuedSecret, add_admin_key, add_token, admin_key_of, admin_keys, admin_keys_page, create_admin_key, create_token,
    lifetime_of_days, overlap_of_days, remove_admin_key, remove_token, revoke_admin_key, revoke_token, rotate_token,
    token_of, tokens, tokens_page,
};
pub use deep::deep_checks;
pub use error::Error;
pub use expiry::{Expiring, expiring, log_expiring};
pub use first_start::{FirstStart, first_start};
pub use groups::{
    CandidateView, GroupFields, GroupFilters, GroupView, MemberView, MemberWanted, MembersChanged, archive_group,
    candidates_page, change_member, change_members, create_group, delete_group, edit_group, group_of, groups_page,
    members_page,
};
pub use last_uses::LastUses;
pub use ledger::{AuditFilter, audit_page, events_after};
pub use log::{log_entry, log_page, shorten_log};
pub use oauth_clients::{
    ClientWish, add_oauth_client, add_secret, change_oauth_client, forget_assertions, oauth_client_of,
    oauth_clients_page, remove_oauth_client, remove_secret, secret_of, secrets_page,
};
pub use once::{Done, How, Outcome, forget_answers, once};
pub use organizations::{
    change_organization, change_settings_set, create_organization, create_settings_set, delete_organization,
    delete_settings_set, organization_of, organizations_page, settings_set_of, settings_sets_page,
};
pub use policies::{activate_organization, change_policies};
pub use quirks::{QuirksSeen, quirks_page};
pub use request::{Asked, Page, Request, Window};
pub use resources::Shown;
pub use roles::{RoleChange, ShownRole, add_role, change_role, delete_role, role_of, roles_page};
pub use rule_bench::{Verdict, try_rules};
pub use rules::{NamedRule, replace_rules, rules_of};
pub use said::Said;
pub use schedule::{Later, cancel, put_off, run_due, scheduled};
pub use tell::{note, tell};
pub use trust::TrustWish;
pub use trusted_issuers::{
    add_trusted_issuer, change_trusted_issuer, remove_trusted_issuer, trusted_issuer_of, trusted_issuers_page,
};
pub use users::{
    Answer, AnyUser, Changed, EffectiveSettings, Explanation, MembershipWanted, Question, UserFields, UserFilters,
    UserView, create_user, deactivate_user, decide, edit_user, effective_settings, explain, reactivate_user,
    remove_user, set_memberships, user_of, users_page,
};

/// What `http` hands to a use case, and shows, without knowing the storage.
pub use crate::storage::rows::{AuditRow, EventRow, LogRow, QuirkRow, ScheduledChangeRow, WholeLogRow};
pub use crate::storage::{Db, LogQuery, Tx};
