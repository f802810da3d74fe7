//! A span for each request, for a collector of traces (W3C Trace Context). Without a collector there is none.

use axum::extract::{MatchedPath, Request};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of a request, below the one that it names as its parent. Names are those of OpenTelemetry's conventions; the
/// query is left out, because a filter names people.
pub fn span(operation: &str, request: &Request) -> Span {
    let span = tracing::info_span!(
        target: "spans",
        "http",
        otel.name = operation,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = %request.method(),
        http.route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str),
        http.response.status_code = Empty,
    );
    if !span.is_disabled() {
        // A header that cannot be read names no parent.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&HeaderExtractor(request.headers())));
    }
    span
}

pub fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}
