//! The outermost layer: where a request came from, what it was, how long it took; and the headers that every answer has.

use super::gate::{ClientAddress, Seen};
use super::{operation, trace};
use crate::app::App;
use crate::limits::Standing;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;

/// Whoever is at the other end of the connection. Put into each request by the server.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

pub async fn around(app: &App, mut request: Request, inner: impl AsyncFnOnce(Request) -> Response) -> Response {
    let begun = Instant::now();
    let address = client_address(app, &request);
    let path = request.extensions().get::<MatchedPath>();
    let operation = operation::name(request.method(), path.map(MatchedPath::as_str));
    let seen = Arc::new(Seen::default());
    request.extensions_mut().insert(ClientAddress(address));
    request.extensions_mut().insert(Arc::clone(&seen));
    let span = trace::span(&operation, &request);
    let mut response = inner(request).instrument(span.clone()).await;
    trace::answered(&span, response.status().as_u16());
    app.metrics.answered(operation, response.status().as_u16(), seen.connection.get().copied(), begun.elapsed());
    if let Some(standing) = seen.standing() {
        tell_standing(response.headers_mut(), standing);
    }
    protect(response.headers_mut(), app.service.settings.base_url.starts_with("https://"));
    response
}

/// Only what trusted proxies say is believed; `Host` and its kin never are.
fn client_address(app: &App, request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0);
    let proxies = &app.limits.proxies;
    let lines = request.headers().get_all(proxies.header()).iter();
    proxies.client(peer, lines.map(|line| line.to_str().unwrap_or_default()))
}

/// The names that SailPoint reads beside `Retry-After`; times in seconds.
fn tell_standing(headers: &mut HeaderMap, standing: Standing) {
    let Standing { limit, remaining, reset, retry_after, per_second: _ } = standing;
    let mut tell = |name: &'static str, value: u32| headers.insert(HeaderName::from_static(name), value.into());
    tell("x-rate-limit-limit", limit);
    tell("x-rate-limit-remaining", remaining);
    tell("x-rate-limit-reset", reset);
    if let Some(seconds) = retry_after {
        tell("x-rate-limit-retry-after-seconds", seconds);
    }
}

/// An answer is data for the program that asked: nobody keeps it, shows it as a page, or takes it for something else.
/// (A page of our own says itself what it needs.)
fn protect(headers: &mut HeaderMap, is_https: bool) {
    let mut say = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    say(CACHE_CONTROL, "no-store");
    say(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    say(REFERRER_POLICY, "no-referrer");
    if is_https {
        say(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
