//! What happens around every request: an id, a line in the log, a time limit, and errors in the form of the interface that
//! was asked: RFC 7644 §3.12 for SCIM, RFC 9457 for the admin API.

use super::answer::{Failure, MEDIA_TYPE};
use super::api::{self, Problem};
use super::extract::{Authenticated, RawBody};
use super::gate::ClientAddress;
use super::leftover::Leftover;
use crate::app::App;
use crate::domain::Id;
use crate::provisioning::{Notes, Refusal, Seen};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where the SCIM interface is.
pub const SCIM: &str = "/scim/v2";

/// The id of a request: on every line of the log, in every answer.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

pub async fn around(app: &App, mut request: Request, inner: impl AsyncFnOnce(Request) -> Response) -> Response {
    let id = Uuid::now_v7().to_string();
    let span = tracing::info_span!("request", id);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    request.extensions_mut().insert(RequestId(id.clone()));
    let notes = Arc::new(Notes::default());
    request.extensions_mut().insert(Arc::clone(&notes));
    let for_api = api::is_below(request.uri().path());
    let asked = (app.recorder.is_on() && is_logged(request.uri().path())).then(|| Asked::of(&mut request, &notes));
    let leftover = Leftover::default();
    let request = request.map(|body| leftover.watch(body));
    let work = async {
        let begun = Instant::now();
        let response = match tokio::time::timeout(app.bounds.time, inner(request)).await {
            Ok(response) => {
                leftover.drain(app.bounds.body).await;
                response
            }
            Err(_) => {
                tracing::warn!("the request took too long and was given up");
                timed_out().into_response()
            }
        };
        let refusal = response.extensions().get::<Refusal>().cloned();
        let response = finish(response, &id, for_api, &app.service.settings.base_url);
        app.quirks.note(&notes, app.now());
        if let Some(seen) = asked.and_then(|asked| asked.seen(&id, &response, refusal, begun)) {
            app.recorder.note(seen);
        }
        log_answer(&method, &uri, response.status(), begun);
        response
    };
    work.instrument(span).await
}

/// A line for each request that did not go well; the others stand in the provisioning log and the metrics, and a line for each
/// would cost a tenth of the speed. The query is left out: a filter names people.
fn log_answer(method: &Method, uri: &Uri, status: StatusCode, begun: Instant) {
    let (path, status) = (uri.path(), status.as_u16());
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    match status {
        0..400 => tracing::debug!(%method, path, status, micros, "answered"),
        _ => tracing::info!(%method, path, status, micros, "answered"),
    }
}

fn is_scim(path: &str) -> bool {
    path.strip_prefix(SCIM).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What identity providers ask for: resources, and the credentials for them.
fn is_logged(path: &str) -> bool {
    is_scim(path) || path.starts_with("/oauth/")
}

/// What the provisioning log wants to know of a request that is handed on.
struct Asked {
    method: String,
    path: String,
    query: Option<String>,
    user_agent: Option<String>,
    client_address: Option<String>,
    notes: Arc<Notes>,
    body: RawBody,
}

impl Asked {
    fn of(request: &mut Request, notes: &Arc<Notes>) -> Self {
        let body = RawBody::default();
        request.extensions_mut().insert(Arc::clone(&body));
        Self {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            user_agent: text(request.headers(), &USER_AGENT),
            client_address: request.extensions().get::<ClientAddress>().map(|address| address.0.to_string()),
            notes: Arc::clone(notes),
            body,
        }
    }

    /// Nobody's log has the request of a stranger: it would fill one that others read.
    fn seen(self, id: &str, response: &Response, refusal: Option<Refusal>, begun: Instant) -> Option<Seen> {
        let Self { method, path, query, user_agent, client_address, notes, body } = self;
        let noted = notes.take();
        Some(Seen {
            id: id.parse().unwrap_or_else(|_| Id::new()),
            caller: noted.caller?,
            noted,
            method,
            path,
            query,
            user_agent,
            client_address,
            status: response.status().as_u16(),
            refusal,
            location: text(response.headers(), &LOCATION),
            micros: i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX),
            more: 0,
            body: Arc::into_inner(body).and_then(std::sync::OnceLock::into_inner),
        })
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Writes the body of an error and the headers that go with it.
fn finish(mut response: Response, id: &str, for_api: bool, base_url: &str) -> Response {
    let extensions = response.extensions_mut();
    let (refusal, problem) = (extensions.remove::<Refusal>(), extensions.remove::<Problem>());
    if for_api {
        if let Some(problem) = problem.or_else(|| refusal.map(Problem::from)) {
            let text = problem.body(id).to_string();
            response = error(response, text, api::PROBLEM, "Bearer realm=\"admin\"", problem.retry_after);
        }
    } else if let Some(refusal) = refusal {
        let text = refusal.body(id, base_url).to_string();
        response = error(response, text, MEDIA_TYPE, "Bearer realm=\"scim\"", refusal.retry_after);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The response with this body; other headers, such as `Allow`, stay.
fn error(bare: Response, text: String, media_type: HeaderValue, realm: &'static str, retry: Option<u32>) -> Response {
    let (mut parts, _) = bare.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, media_type);
    if parts.status == StatusCode::UNAUTHORIZED {
        parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(realm));
    }
    if let Some(seconds) = retry {
        parts.headers.insert(RETRY_AFTER, seconds.into());
    }
    Response::from_parts(parts, text.into())
}

fn timed_out() -> Failure {
    let detail =
        "The server was too slow. The change may have been made or not; read the resource before trying again.";
    Failure(Refusal { code: Some("timeout"), retry_after: Some(5), ..Refusal::new(503, detail) })
}

pub async fn unknown_path(State(app): State<App>, request: Request) -> Failure {
    let request = known(&app, request).await;
    let path = request.uri().path();
    let hint = match api::is_below(path) {
        true => "What there is stands in /api/v1/openapi.json.",
        false => "The SCIM interface is at /scim/v2, the admin API at /api/v1.",
    };
    let detail = format!("There is nothing at {path}. {hint}");
    Failure(Refusal::new(404, detail))
}

/// Notes who asks for what is not there, so that his administrator finds it in the log: a wrong base URL is a common mistake.
async fn known(app: &App, request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    if is_scim(parts.uri.path()) && parts.headers.contains_key(AUTHORIZATION) {
        let _ = Authenticated::from_request_parts(&mut parts, app).await;
    }
    Request::from_parts(parts, body)
}

pub async fn wrong_method(State(app): State<App>, request: Request) -> Failure {
    let request = known(&app, request).await;
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
