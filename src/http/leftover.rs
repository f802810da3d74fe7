//! A body that nobody read, because the request was refused before, is read to its end all the same. hyper closes a
//! connection with an unread body right after the answer, and a client that is still sending, or sends its next request
//! on it, sees a broken connection in place of the answer (RFC 9112 §9.3).

use axum::body::{Body, Bytes, HttpBody};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

/// How long an answer waits for a body that nobody needs.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where a body goes that is dropped before its end.
#[derive(Debug, Clone, Default)]
pub struct Leftover(Arc<Mutex<Option<Body>>>);

impl Leftover {
    /// The same body, which comes here when it is not read.
    pub fn watch(&self, body: Body) -> Body {
        Body::new(Watched { body, leftover: self.clone() })
    }

    /// Reads and forgets what is left, up to `limit` bytes; a longer one may break the connection.
    pub async fn drain(&self, limit: usize) {
        let Some(mut body) = self.0.lock().ok().and_then(|mut left| left.take()) else { return };
        let read = async {
            let mut size = 0;
            while let Some(Ok(frame)) = body.frame().await {
                size += frame.data_ref().map_or(0, Bytes::len);
                if size > limit {
                    return;
                }
            }
        };
        // Whoever sends no more gets his answer, too.
        let _ = tokio::time::timeout(PATIENCE, read).await;
    }
}

struct Watched {
    body: Body,
    leftover: Leftover,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.body.is_end_stream()
            && let Ok(mut left) = self.leftover.0.lock()
        {
            *left = Some(std::mem::take(&mut self.body));
        }
    }
}
