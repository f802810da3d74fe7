//! The HTTP edge: decode, call one use case, answer. No rule lives here.

mod answer;
mod api;
mod bulk;
mod catalogue;
mod discovery;
mod edge;
mod extract;
mod gate;
mod health;
mod leftover;
mod load;
mod me;
mod oauth;
mod openapi;
mod operation;
mod resources;
mod search;
mod server;
mod trace;
mod watch;

pub use server::{serve, serve_metrics};

use crate::app::App;
use crate::provisioning::{Entitlements, Groups, Organizations, ReadOnly, Roles, SettingsSets, Users, Verbs};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;

fn router(app: App) -> Router {
    let scim = Router::new()
        .merge(of_type::<Users>())
        .merge(of_type::<Groups>())
        .merge(of_type::<Organizations>())
        .merge(of_type::<SettingsSets>())
        .merge(read_only::<Roles>())
        .merge(read_only::<Entitlements>())
        .route("/", get(search::everything))
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
        .nest(edge::SCIM, scim)
        .nest(api::PREFIX, api::router())
        .route("/oauth/token", post(oauth::token))
        .route("/oauth/jwks", get(oauth::jwks))
        .route("/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(if app.metrics_apart { Router::new() } else { metrics() })
        .fallback(edge::unknown_path)
        .method_not_allowed_fallback(edge::wrong_method)
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// What happens around every request, as one layer: a router copies and boxes its routes once for each.
async fn around(State(app): State<App>, request: Request, next: Next) -> Response {
    let within = async |request| load::within(&app, request, next).await.into_response();
    let caught = async |request| AssertUnwindSafe(within(request)).catch_unwind().await.unwrap_or_else(edge::panicked);
    let edge = async |request| edge::around(&app, request, caught).await;
    watch::around(&app, request, edge).await
}

/// The metrics by themselves, and the health.
fn metrics_router(app: App) -> Router {
    Router::new()
        .merge(metrics())
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(edge::unknown_path)
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// What is counted, for whoever can reach it: it names connections by id and holds no personal data.
fn metrics() -> Router<App> {
    Router::new().route("/metrics", get(health::metrics))
}

/// The paths of one resource type.
fn of_type<V: Verbs>() -> Router<App> {
    let endpoint = V::RESOURCE_TYPE.endpoint;
    let collection = get(resources::list::<V>).post(resources::create::<V>);
    let member = get(resources::read::<V>)
        .put(resources::replace::<V>)
        .patch(resources::patch::<V>)
        .delete(resources::delete::<V>);
    Router::new()
        .route(endpoint, collection)
        .route(&format!("{endpoint}/.search"), post(search::of_type::<V>))
        .route(&format!("{endpoint}/{{id}}"), member)
}

/// The paths of a type that is only read.
fn read_only<T: ReadOnly>() -> Router<App> {
    let endpoint = T::RESOURCE_TYPE.endpoint;
    Router::new()
        .route(endpoint, get(catalogue::list::<T>))
        .route(&format!("{endpoint}/.search"), post(catalogue::search::<T>))
        .route(&format!("{endpoint}/{{id}}"), get(catalogue::read::<T>))
}
