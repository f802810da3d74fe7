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
mod users;

use crate::app::App;
use axum::Router;
use axum::extract::Request;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tower::Layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::normalize_path::NormalizePathLayer;

/// Serves until `shutdown` is ready; requests that have begun are finished.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    // `/Users/` is `/Users`: some base URLs end with a slash.
    let service = NormalizePathLayer::trim_trailing_slash().layer(router(app));
    let service = axum::ServiceExt::<Request>::into_make_service(service);
    // An answer is one write; waiting for more would only delay it.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, service).with_graceful_shutdown(shutdown).await
}

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
