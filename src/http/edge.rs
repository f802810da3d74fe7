//! What happens around every request: an id, a line in the log, a time limit, errors in the form of RFC 7644 §3.12.

use super::answer::{Failure, json};
use crate::app::App;
use crate::provisioning::Refusal;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: on every line of the log, in every answer.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

pub async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    // The query is left out: a filter names people.
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = %request.uri().path());
    request.extensions_mut().insert(RequestId(id.clone()));
    let work = async {
        let begun = Instant::now();
        let response = match tokio::time::timeout(app.limits.time, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                tracing::warn!("the request took too long and was given up");
                timed_out().into_response()
            }
        };
        let response = finish(response, &id);
        tracing::info!(status = response.status().as_u16(), micros = begun.elapsed().as_micros(), "answered");
        response
    };
    work.instrument(span).await
}

/// Writes the body of an error and the headers that go with it.
fn finish(mut response: Response, id: &str) -> Response {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        let mut headers = std::mem::take(response.headers_mut());
        let mut error = json(response.status(), Body::from(refusal.body(id).to_string()));
        // `Allow` was set by the router.
        headers.remove(axum::http::header::CONTENT_TYPE);
        headers.remove(axum::http::header::CONTENT_LENGTH);
        error.headers_mut().extend(headers);
        if refusal.status == 401 {
            error.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"scim\""));
        }
        if let Some(seconds) = refusal.retry_after {
            error.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response = error;
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn timed_out() -> Failure {
    let detail =
        "The server was too slow. The change may have been made or not; read the resource before trying again.";
    Failure(Refusal { code: Some("timeout"), retry_after: Some(5), ..Refusal::new(503, detail) })
}

pub async fn unknown_path(request: Request) -> Failure {
    let detail = format!("There is nothing at {}. The SCIM interface is at /scim/v2.", request.uri().path());
    Failure(Refusal::new(404, detail))
}

pub async fn wrong_method(request: Request) -> Failure {
    let detail = format!("{} is not possible here; the Allow header says what is.", request.method());
    Failure(Refusal::new(405, detail))
}

/// A panic is a mistake of this program: the client gets a constant sentence, the log got the place.
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request handler panicked");
    let detail = "The server failed. Tell its operator the request id.";
    let refusal = Refusal { code: Some("internal_error"), ..Refusal::new(500, detail) };
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(refusal);
    response
}
