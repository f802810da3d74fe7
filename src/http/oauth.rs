//! The token endpoint (RFC 6749 §3.2) and what describes it (RFC 8414, RFC 7517).

use super::answer::Failure;
use super::extract::{notes, whole};
use super::gate::Visitor;
use crate::app::App;
use crate::domain::PlainSecret;
use crate::provisioning::{self, GrantError, Granted, Refusal, TokenRequest};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// Bytes of a token request; an assertion has 2,000.
const LONGEST: usize = 64 * 1024;

/// `/.well-known/oauth-authorization-server`
pub async fn metadata(State(app): State<App>) -> Response {
    Json(app.service.oauth.metadata()).into_response()
}

/// `/oauth/jwks`
pub async fn jwks(State(app): State<App>) -> Response {
    Json(app.service.oauth.jwks()).into_response()
}

/// `/oauth/token`
pub async fn token(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let now = app.now();
    let answer = match whole(&parts, body, app.bounds.body.min(LONGEST), &app).await {
        Ok(bytes) => match decode(&parts.headers, &bytes) {
            Ok(asked) => granted(&app, &parts, asked, now).await,
            Err(error) => Err(error),
        },
        Err(failure) if failure.0.status == 503 => return failure.into_response(),
        Err(_) => Err(GrantError::InvalidRequest("The body is too long or broke off.")),
    };
    let mut response = match answer {
        Ok(Granted { access_token, expires_in, scope, used }) => {
            for (kind, id) in used {
                app.last_uses.note(kind, id, now);
            }
            // RFC 6749 §5.1.
            let body = json!({
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": expires_in,
                "scope": scope,
            });
            Json(body).into_response()
        }
        Err(error) => refuse(error),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// Whoever tries secrets one after the other is made to wait, as at the other interfaces.
async fn granted(app: &App, parts: &Parts, asked: TokenRequest, now: i64) -> Result<Granted, GrantError> {
    let basic = asked.basic.as_ref().map(|(_, secret)| secret);
    let shown = basic.or(asked.client_secret.as_ref()).or(asked.client_assertion.as_ref()).cloned();
    let visitor = match &shown {
        Some(secret) => {
            Some(Visitor::with(parts, app, secret).map_err(|Failure(refusal)| GrantError::Throttled(refusal))?)
        }
        None => None,
    };
    let result = provisioning::grant(&app.service, asked, now, &notes(parts)).await;
    match visitor {
        Some(visitor) => visitor.tried(result, |error| matches!(error, GrantError::InvalidClient(_))),
        None => result,
    }
}

/// RFC 6749 §5.2.
fn refuse(error: GrantError) -> Response {
    let mut retry_after = Some(5);
    let (status, word, detail) = match error {
        GrantError::InvalidRequest(detail) => (400, "invalid_request", detail.to_owned()),
        GrantError::InvalidClient(detail) => (401, "invalid_client", detail.to_owned()),
        GrantError::UnauthorizedClient(detail) => (400, "unauthorized_client", detail.to_owned()),
        GrantError::UnsupportedGrantType(detail) => (400, "unsupported_grant_type", detail.to_owned()),
        GrantError::InvalidScope(detail) => (400, "invalid_scope", detail.to_owned()),
        GrantError::Throttled(refusal) => {
            retry_after = refusal.retry_after;
            (refusal.status, "temporarily_unavailable", refusal.detail)
        }
        GrantError::OutOfReach(detail) => (503, "temporarily_unavailable", detail.to_owned()),
        GrantError::Storage(error) => {
            let refusal = Refusal::from(&error);
            tracing::error!(%error, "the token request failed");
            let word = if refusal.status == 503 { "temporarily_unavailable" } else { "server_error" };
            (refusal.status, word, refusal.detail)
        }
        GrantError::Internal(error) => {
            tracing::error!(%error, "the token request failed");
            (500, "server_error", "The server failed. Tell its operator the request id.".to_owned())
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(json!({ "error": word, "error_description": detail }))).into_response();
    match status {
        // RFC 6749 §5.2, RFC 9110 §15.5.2.
        StatusCode::UNAUTHORIZED => {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"oauth\""));
        }
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            response.headers_mut().extend(retry_after.map(|seconds| (RETRY_AFTER, seconds.into())));
        }
        _ => {}
    }
    response
}

fn decode(headers: &HeaderMap, body: &[u8]) -> Result<TokenRequest, GrantError> {
    let mut asked = TokenRequest { basic: basic(headers)?, ..TokenRequest::default() };
    for (name, value) in form_urlencoded::parse(body) {
        // RFC 6749 §3.2: parameters without a value are as if they were left out; none comes twice; unknown ones are
        // ignored.
        if value.is_empty() {
            continue;
        }
        let value = value.into_owned();
        let is_second = match &*name {
            "grant_type" => asked.grant_type.replace(value).is_some(),
            "scope" => asked.scope.replace(value).is_some(),
            "client_id" => asked.client_id.replace(value).is_some(),
            "client_secret" => asked.client_secret.replace(PlainSecret::received(&value)).is_some(),
            "client_assertion_type" => asked.client_assertion_type.replace(value).is_some(),
            "client_assertion" => asked.client_assertion.replace(PlainSecret::received(&value)).is_some(),
            _ => false,
        };
        if is_second {
            return Err(GrantError::InvalidRequest("A parameter stands in the body twice."));
        }
    }
    Ok(asked)
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they become a user name and a password.
fn basic(headers: &HeaderMap) -> Result<Option<(String, PlainSecret)>, GrantError> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let broken = GrantError::InvalidClient(
        "The Authorization header cannot be read. Send Basic with client id and secret, or both in the body.",
    );
    let read = || {
        let (scheme, text) = header.to_str().ok()?.trim().split_once(' ')?;
        let bytes = scheme.eq_ignore_ascii_case("Basic").then(|| STANDARD.decode(text.trim()).ok())??;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((form_decoded(id), PlainSecret::received(&form_decoded(secret))))
    };
    read().map(Some).ok_or(broken)
}

fn form_decoded(text: &str) -> String {
    // A value of a form; `=` and `&` in it are encoded.
    let escaped = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(escaped.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}
