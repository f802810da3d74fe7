//! The admin API: `/api/v1`. A write is decoded, one use case, answered; `write.rs` does the rest once for all.
//!
//! A handler, its path and its documentation are declared together with `#[utoipa::path]`, and `routes!` takes no other
//! handler. What every operation has in common is added to the document by `openapi.rs`.

mod account;
mod admin_keys;
mod audit;
mod caller;
mod client_secrets;
mod connections;
mod events;
mod given;
mod groups;
mod list;
mod log;
mod oauth_clients;
mod openapi;
mod organizations;
mod parameters;
mod problem;
mod quirks;
mod read;
mod refusal;
mod roles;
mod rules;
mod scheduled_changes;
mod settings_sets;
mod tokens;
mod trust;
mod trusted_issuers;
mod users;
mod write;

pub use problem::{PROBLEM, Problem};

use crate::app::App;
use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub const PREFIX: &str = "/api/v1";

/// Whether a path of the server belongs to this interface.
pub fn is_below(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub fn router() -> Router<App> {
    let (router, document) = OpenApiRouter::new()
        .routes(routes!(account::read, account::change))
        .routes(routes!(account::activate))
        .routes(routes!(audit::list))
        .routes(routes!(events::list))
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(connections::read, connections::change))
        .routes(routes!(log::list))
        .routes(routes!(log::read))
        .routes(routes!(quirks::list))
        .routes(routes!(rules::read, rules::replace))
        .routes(routes!(rules::test))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::read, tokens::revoke))
        .routes(routes!(tokens::rotate))
        .routes(routes!(oauth_clients::list, oauth_clients::create))
        .routes(routes!(oauth_clients::read, oauth_clients::change, oauth_clients::revoke))
        .routes(routes!(client_secrets::list, client_secrets::create))
        .routes(routes!(client_secrets::read, client_secrets::revoke))
        .routes(routes!(trusted_issuers::list, trusted_issuers::create))
        .routes(routes!(trusted_issuers::read, trusted_issuers::replace, trusted_issuers::revoke))
        .routes(routes!(admin_keys::list, admin_keys::create))
        .routes(routes!(admin_keys::read, admin_keys::revoke))
        .routes(routes!(organizations::list, organizations::create))
        .routes(routes!(organizations::read, organizations::change, organizations::delete))
        .routes(routes!(settings_sets::list, settings_sets::create))
        .routes(routes!(settings_sets::read, settings_sets::change, settings_sets::delete))
        .routes(routes!(roles::list, roles::create))
        .routes(routes!(roles::read, roles::change, roles::delete))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::read, users::edit, users::delete))
        .routes(routes!(users::lifecycle::deactivate))
        .routes(routes!(users::lifecycle::reactivate))
        .routes(routes!(users::lifecycle::remove))
        .routes(routes!(users::grants::organization))
        .routes(routes!(users::grants::memberships))
        .routes(routes!(users::grants::roles))
        .routes(routes!(users::explain::explain))
        .routes(routes!(users::explain::settings))
        .routes(routes!(users::decisions::can_sign_in))
        .routes(routes!(users::decisions::can_send))
        .routes(routes!(users::decisions::can_edit_session))
        .routes(routes!(users::decisions::can))
        .routes(routes!(groups::list, groups::create))
        .routes(routes!(groups::read, groups::edit, groups::delete))
        .routes(routes!(groups::archive))
        .routes(routes!(groups::unarchive))
        .routes(routes!(groups::members::list, groups::members::change))
        .routes(routes!(groups::members::edit))
        .routes(routes!(groups::members::candidates))
        .routes(routes!(scheduled_changes::list))
        .routes(routes!(scheduled_changes::cancel))
        .split_for_parts();
    router.merge(openapi::router(document))
}
