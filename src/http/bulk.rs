//! `/Bulk`.

use super::answer::{Failure, value};
use super::extract::{Authenticated, BulkJson};
use crate::app::App;
use crate::provisioning;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

pub async fn bulk(
    State(app): State<App>,
    Authenticated(caller): Authenticated,
    BulkJson(body): BulkJson,
) -> Result<Response, Failure> {
    let request = app.service.request(caller, app.now());
    let message = provisioning::bulk(&app.service, request, body).await?;
    Ok(value(StatusCode::OK, &message))
}
