//! For those who watch the server, without a token.

use crate::app::App;
use axum::extract::State;
use axum::http::StatusCode;

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
