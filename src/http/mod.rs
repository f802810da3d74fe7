//! The HTTP edge: decode, call one use case, answer. No rule lives here.

mod answer;
mod bulk;
mod discovery;
mod edge;
mod extract;
mod groups;
mod health;
mod me;
mod openapi;
mod search;
mod server;
mod users;

pub use server::serve;

use crate::app::App;
use axum::Router;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

fn router(app: App) -> Router {
    let scim = Router::new()
        .route("/", get(search::everything))
        .route("/Users", get(users::list).post(users::create))
        .route("/Users/.search", post(search::users))
        .route("/Users/{id}", get(users::read).put(users::replace).patch(users::patch).delete(users::delete))
        .route("/Groups", get(groups::list).post(groups::create))
        .route("/Groups/.search", post(search::groups))
        .route("/Groups/{id}", get(groups::read).put(groups::replace).patch(groups::patch).delete(groups::delete))
        .route("/.search", post(search::search_everything))
        .route("/Bulk", post(bulk::bulk))
        .route("/Me", get(me::me).post(me::me).put(me::me).patch(me::me).delete(me::me))
        .route("/ServiceProviderConfig", get(discovery::service_provider_config))
        .route("/ResourceTypes", get(discovery::resource_types))
        .route("/ResourceTypes/{name}", get(discovery::resource_type))
        .route("/Schemas", get(discovery::schemas))
        .route("/Schemas/{urn}", get(discovery::schema))
        .route("/openapi.json", get(openapi::document));
    Router::new()
        .nest("/scim/v2", scim)
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(edge::unknown_path)
        .method_not_allowed_fallback(edge::wrong_method)
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(axum::middleware::from_fn_with_state(app.clone(), edge::around))
        .with_state(app)
}
