//! What one request may bring, and how many are in work: refused here before anything is read or looked up.

use super::answer::Failure;
use crate::app::App;
use crate::limits::Place;
use crate::provisioning::Refusal;
use axum::body::HttpBody;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use std::sync::{Arc, OnceLock};

/// Answered however much there is to do: those who watch must see it.
const ALWAYS: &[&str] = &["/healthz", "/readyz", "/metrics"];

pub async fn within(app: &App, mut request: Request, next: Next) -> Result<Response, Failure> {
    let limits = &app.limits;
    check_size(&request, limits.uri_bytes, limits.header_bytes)?;
    if ALWAYS.contains(&request.uri().path()) {
        return Ok(next.run(request).await);
    }
    let work = Work::default();
    if request.body().is_end_stream() {
        work.begin(app)?;
    } else {
        request.extensions_mut().insert(work.clone());
    }
    // The place is given back when `work` ends.
    Ok(next.run(request).await)
}

/// A request that is in work, or will be when its body has arrived: one that trickles in takes no place of others.
#[derive(Debug, Clone, Default)]
pub struct Work(Arc<OnceLock<Place>>);

impl Work {
    pub fn begin(&self, app: &App) -> Result<(), Failure> {
        match app.limits.in_flight.take() {
            Some(place) => {
                let _ = self.0.set(place);
                Ok(())
            }
            None => {
                app.metrics.overloaded();
                let detail = "The server has too much to do at the moment. Nothing was changed; try again shortly.";
                Err(Failure(Refusal { code: Some("overloaded"), retry_after: Some(1), ..Refusal::new(503, detail) }))
            }
        }
    }
}

/// RFC 9110 §15.5.15, RFC 6585 §5. What is far larger never arrives here: hyper answers it without a body.
fn check_size(request: &Request, uri_bytes: usize, header_bytes: usize) -> Result<(), Failure> {
    let long = |status, code, detail: String| Failure(Refusal { code: Some(code), ..Refusal::new(status, detail) });
    let uri = request.uri().path_and_query().map_or(0, |text| text.as_str().len());
    if uri > uri_bytes {
        let detail = format!("The address has more than {uri_bytes} bytes. Send a long filter with POST to /.search.");
        return Err(long(414, "uri_too_long", detail));
    }
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers > header_bytes {
        let detail = format!("The headers have more than {header_bytes} bytes. Send fewer or shorter ones.");
        return Err(long(431, "headers_too_large", detail));
    }
    Ok(())
}
