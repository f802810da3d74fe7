//! Connections: accepted, served, and ended in good order.

use super::watch::Peer;
use super::{metrics_router, router};
use crate::app::App;
use crate::limits::{Place, Places};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, ServiceExt};
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

/// How long a client may take to send the head of a request, and how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// A pause when the machine has no more file handles, instead of asking again and again.
const PAUSE: Duration = Duration::from_millis(50);

/// What hyper takes at least.
const LEAST_BUFFER: usize = 8192;

/// Open connections of those who read the metrics.
const WATCHERS: usize = 64;

/// Serves until `shutdown` is ready; requests that have begun are finished.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    accept_all(listener, router(app.clone()), &app.limits.sockets, head_bytes(&app), shutdown).await;
}

/// Serves the metrics alone.
pub async fn serve_metrics(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let sockets = Places::new(WATCHERS);
    accept_all(listener, metrics_router(app.clone()), &sockets, head_bytes(&app), shutdown).await;
}

/// What is a little too long is answered in the form of the interface; twice that is not even read.
fn head_bytes(app: &App) -> usize {
    (2 * (app.limits.uri_bytes + app.limits.header_bytes)).max(LEAST_BUFFER)
}

async fn accept_all(
    listener: TcpListener,
    router: axum::Router,
    sockets: &Places,
    most_head: usize,
    shutdown: impl Future<Output = ()>,
) {
    // `/Users/` is `/Users`: some base URLs end with a slash.
    let service = NormalizePathLayer::trim_trailing_slash().layer(router);
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async { (sockets.wait().await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                serve_connection(stream, Guest { peer, place, most_head }, service.clone(), &connections);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

/// Who has connected, and what he may take.
struct Guest {
    peer: SocketAddr,
    place: Option<Place>,
    most_head: usize,
}

fn serve_connection(
    stream: TcpStream,
    guest: Guest,
    service: NormalizePath<axum::Router>,
    connections: &GracefulShutdown,
) {
    let Guest { peer, place, most_head } = guest;
    // An answer is one write; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(most_head);
    let service = service.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        request
    });
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
        drop(place);
    });
}
