//! Writes: decoded here, done once by `admin::once`, answered here.

use super::parameters::{NoParameters, parse};
use super::{PREFIX, Problem, caller};
use crate::admin::{self, Asked, Done, Error, How, Outcome, Tx};
use crate::app::App;
use crate::http::extract::whole;
use crate::provisioning::Caller;
use crate::scim::etag;
use axum::Json;
use axum::extract::{FromRequest, Request as HttpRequest};
use axum::http::header::{ETAG, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAY: HeaderName = HeaderName::from_static("idempotent-replay");
const LONGEST_KEY: usize = 255;

/// The body of an operation that takes none.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// The parameters of every write.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Trying {
    /// Answers what would happen and changes nothing.
    dry_run: Option<bool>,
}

/// A POST, PUT, PATCH or DELETE. `B` is its body, `Q` its query parameters.
pub struct Write<B = Nothing, Q = NoParameters> {
    pub query: Q,
    app: App,
    how: How,
    /// The path that was asked, below the prefix.
    path: String,
    asked: Asked<B>,
}

impl<B, Q> FromRequest<App> for Write<B, Q>
where
    B: DeserializeOwned + Send,
    Q: DeserializeOwned + IntoParams + Send,
{
    type Rejection = Problem;

    async fn from_request(http: HttpRequest, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = http.into_parts();
        let request = caller::request(&mut parts, app).await?;
        let (trying, query) = parse::<Trying, Q>(&parts.uri)?;
        let key = key(&parts.headers)?;
        let bytes = whole(&parts, body, app.bounds.body, app).await?;
        let how = match key {
            _ if trying.dry_run == Some(true) => How::Try,
            Some(key) => How::Repeatable { key, hash: hash(&request.caller, &parts, &bytes) },
            None => How::Once,
        };
        let path = parts.uri.path().to_owned();
        Ok(Self { query, app: app.clone(), how, path, asked: Asked { request, body: decode(&bytes)? } })
    }
}

impl<B: Send + Sync + 'static, Q> Write<B, Q> {
    /// Runs a use case in one transaction.
    pub async fn run<F>(self, work: F) -> Result<Response, Problem>
    where
        F: for<'t, 'c, 'r> AsyncFn(&'t mut Tx<'c>, &'r Asked<B>) -> Result<Done, Error> + Send + 'static,
    {
        let Self { app, how, asked, path, .. } = self;
        let is_try = matches!(how, How::Try);
        let outcome = admin::once(&app.service.db, asked, how, work).await?;
        if is_try {
            return Ok(tried(outcome.done));
        }
        let address = address(&app.service.settings.base_url, &path, &outcome.done);
        let mut response = done(outcome);
        if let Some(address) = address.and_then(|address| HeaderValue::try_from(address).ok()) {
            response.headers_mut().insert(LOCATION, address);
        }
        Ok(response)
    }
}

fn done(outcome: Outcome) -> Response {
    let Outcome { done, version, is_replay } = outcome;
    let status = StatusCode::from_u16(done.status).unwrap_or(StatusCode::OK);
    let mut response = match done.body.is_null() {
        true => status.into_response(),
        false => (status, Json(done.body)).into_response(),
    };
    let headers = response.headers_mut();
    if let Some(tag) = version.and_then(|version| HeaderValue::try_from(etag::format(version)).ok()) {
        headers.insert(ETAG, tag);
    }
    if is_replay {
        headers.insert(REPLAY, HeaderValue::from_static("true"));
    }
    response
}

/// Where something that was made is (RFC 9110 §10.2.2): what is made at `/connections/1/tokens` is below `/tokens`.
fn address(scim: &str, path: &str, done: &Done) -> Option<String> {
    let name = ["id", "key"].into_iter().find_map(|name| done.body.get(name)?.as_str());
    let (name, list) = (name.filter(|_| done.status == 201)?, path.trim_end_matches('/').rsplit('/').next()?);
    let root = scim.strip_suffix("/scim/v2").unwrap_or(scim);
    Some(format!("{root}{PREFIX}/{list}/{name}"))
}

fn tried(done: Done) -> Response {
    let Done { status, body, warnings } = done;
    Json(json!({ "dryRun": true, "status": status, "result": body, "warnings": warnings })).into_response()
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get(KEY) else { return Ok(None) };
    match key.to_str().map(str::trim) {
        Ok(key) if !key.is_empty() && key.len() <= LONGEST_KEY => Ok(Some(key.to_owned())),
        _ => {
            let detail =
                format!("An Idempotency-Key has 1 to {LONGEST_KEY} visible characters. A random UUID is good.");
            Err(Problem::new(400, "idempotency_key_invalid", detail))
        }
    }
}

/// What makes a request the same one: all but its headers and `dry_run`, and for whom it is, because not everybody may
/// see every answer.
fn hash(caller: &Caller, parts: &Parts, body: &[u8]) -> Vec<u8> {
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let query = query.filter(|(name, _)| name != "dry_run");
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let head = format!("{:?}\n{}\n{}\n{query}\n", caller.user, parts.method, parts.uri.path());
    Sha256::new().chain_update(head).chain_update(body).finalize().to_vec()
}

/// A JSON body, whatever its Content-Type says. No body is an empty object, for operations where everything may be left
/// out.
fn decode<B: DeserializeOwned>(bytes: &[u8]) -> Result<B, Problem> {
    if bytes.is_empty() {
        let detail = "This request needs a JSON object as its body.";
        return serde_json::from_str("{}").map_err(|_| Problem::new(400, "body_missing", detail));
    }
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let body = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        let (path, cause) = (error.path().to_string(), error.into_inner());
        if !cause.is_data() {
            return malformed(&cause);
        }
        let place = if path == "." { String::new() } else { format!(" at \"{path}\"") };
        let problem = Problem::new(422, "body_invalid", format!("The body does not fit{place}: {cause}."));
        if path == "." { problem } else { problem.extra("field", path) }
    })?;
    text.end().map_err(|error| malformed(&error))?;
    Ok(body)
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(400, "body_malformed", format!("The body is not JSON: {error}."))
}
