//! For those who watch the server, without a token.

use crate::app::App;
use crate::metrics::MEDIA_TYPE;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// The process runs.
pub async fn alive() -> &'static str {
    "alive\n"
}

/// The database can be reached and is migrated.
pub async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.is_ready().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached or is not migrated\n")
        }
    }
}

/// What was counted so far, as Prometheus reads it.
pub async fn metrics(State(app): State<App>) -> Response {
    match app.metrics.render() {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
