//! Errors of the admin API (RFC 9457).

use crate::http::answer::Failure;
use crate::provisioning::Refusal;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An error on its way out. The body is written by `edge::around`, which knows the request id.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: u16,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence that an administrator can act on.
    pub detail: String,
    /// What a program can use beside the code, such as `holder`.
    pub extras: Vec<(&'static str, Value)>,
    /// Seconds after which it is worth trying again.
    pub retry_after: Option<u32>,
}

impl Problem {
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), extras: Vec::new(), retry_after: None }
    }

    pub fn extra(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.extras.push((name, value.into()));
        self
    }

    pub fn body(&self, request_id: &str) -> Value {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status().canonical_reason().unwrap_or("Error"),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "requestId": request_id,
        });
        for (name, value) in &self.extras {
            body[*name] = value.clone();
        }
        body
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// What the edge refuses before it knows the interface.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code.unwrap_or(match refusal.status {
            401 => "unauthorized",
            404 => "path_unknown",
            405 => "method_not_allowed",
            _ => "request_invalid",
        });
        Self { retry_after: refusal.retry_after, ..Self::new(refusal.status, code, refusal.detail) }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        failure.0.into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
