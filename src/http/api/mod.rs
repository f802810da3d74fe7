//! The admin API: `/api/v1`. A write is decoded, one use case, answered; `write.rs` does the rest once for all.
//!
//! A handler, its path and its documentation are declared together with `#[utoipa::path]`, and `routes!` takes no other
//! handler. What every operation has in common is added to the document by `openapi.rs`.

mod account;
mod admin_keys;
mod caller;
mod connections;
mod groups;
mod list;
mod openapi;
mod parameters;
mod problem;
mod read;
mod refusal;
mod tokens;
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
        .routes(routes!(account::read))
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(connections::read))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(admin_keys::list, admin_keys::create))
        .routes(routes!(admin_keys::revoke))
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
        .split_for_parts();
    router.merge(openapi::router(document))
}
