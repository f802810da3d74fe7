//! Use cases' results as responses.

use crate::provisioning::{Answer, Body as AnswerBody, Error, MEMBERS_IN_A_PIECE, Refusal, write_members};
use crate::scim::etag;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;

/// RFC 7644 §8.1. Exactly this, without a charset: some clients compare it as text.
pub const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/scim+json");

/// An error on its way out. The body is written by `edge::around`, which knows the request id.
#[derive(Debug)]
pub struct Failure(pub Refusal);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let refusal = Refusal::from(&error);
        // The client gets a sentence; the log gets the cause, once.
        if refusal.status >= 500 && refusal.status != 501 {
            tracing::error!(%error, "the request failed");
        } else {
            tracing::debug!(%error, "the request was refused");
        }
        Self(refusal)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

impl Clone for Failure {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// JSON text as a SCIM body.
pub fn json(status: StatusCode, text: impl Into<Body>) -> Response {
    (status, [(CONTENT_TYPE, MEDIA_TYPE)], text.into()).into_response()
}

pub fn value(status: StatusCode, value: &Value) -> Response {
    json(status, value.to_string())
}

/// A resource with its ETag and address (RFC 7644 §3.1, §3.14).
pub fn resource(status: StatusCode, answer: Answer) -> Response {
    let headers = [(ETAG, etag::format(answer.version)), (LOCATION, answer.location)];
    let body = match answer.body {
        AnswerBody::Text(text) => Body::from(text),
        long => Body::from_stream(pieces(long)),
    };
    (headers, json(status, body)).into_response()
}

/// Nothing changed since the client asked last (RFC 9110 §15.4.5).
pub fn not_modified(answer: &Answer) -> Response {
    (StatusCode::NOT_MODIFIED, [(ETAG, etag::format(answer.version))]).into_response()
}

/// A long list of members is written piece by piece while it is sent, so that memory does not grow with the group.
fn pieces(body: AnswerBody) -> impl stream::Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
    let (before, members, after, base_url) = match body {
        AnswerBody::Text(text) => (text, Vec::new(), String::new(), "".into()),
        AnswerBody::Members { before, members, after, base_url } => (before, members, after, base_url),
    };
    let count = members.len().div_ceil(MEMBERS_IN_A_PIECE);
    let middle = (0..count).map(move |number| {
        let from = number * MEMBERS_IN_A_PIECE;
        let to = members.len().min(from + MEMBERS_IN_A_PIECE);
        let mut text = String::with_capacity(MEMBERS_IN_A_PIECE * 160);
        write_members(&mut text, &members[from..to], &base_url, number == 0);
        text
    });
    let texts = std::iter::once(before).chain(middle).chain(std::iter::once(after));
    stream::iter(texts.map(|text| Ok(Bytes::from(text))))
}
