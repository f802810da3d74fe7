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
use tokio_io_timeout::TimeoutStream;
use tower::{Layer, ServiceExt};
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

/// A pause when the machine has no more file handles, instead of asking again and again.
const PAUSE: Duration = Duration::from_millis(50);

/// What hyper takes at least.
const LEAST_BUFFER: usize = 8192;

/// Open connections of those who read the metrics.
const WATCHERS: usize = 64;

/// Serves until `shutdown` is ready; requests that have begun are finished.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let bounds = Bounds::of(&app);
    accept_all(listener, router(app.clone()), &app.limits.sockets, bounds, shutdown).await;
}

/// Serves the metrics alone.
pub async fn serve_metrics(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let sockets = Places::new(WATCHERS);
    accept_all(listener, metrics_router(app.clone()), &sockets, Bounds::of(&app), shutdown).await;
}

/// What one connection may take.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    head_bytes: usize,
    /// For a head, and between two requests.
    idle_time: Duration,
    write_time: Duration,
}

impl Bounds {
    /// What is a little too long is answered in the form of the interface; twice that is not even read.
    fn of(app: &App) -> Self {
        let head_bytes = (2 * (app.limits.uri_bytes + app.limits.header_bytes)).max(LEAST_BUFFER);
        Self { head_bytes, idle_time: app.limits.idle_time, write_time: app.limits.write_time }
    }
}

async fn accept_all(
    listener: TcpListener,
    router: axum::Router,
    sockets: &Places,
    bounds: Bounds,
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
                serve_connection(stream, Guest { peer, place, bounds }, service.clone(), &connections);
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
    bounds: Bounds,
}

fn serve_connection(
    stream: TcpStream,
    guest: Guest,
    service: NormalizePath<axum::Router>,
    connections: &GracefulShutdown,
) {
    let Guest { peer, place, bounds } = guest;
    // An answer is one write; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.idle_time).max_buf_size(bounds.head_bytes);
    // Whoever reads nothing of his answer is hung up on.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(bounds.write_time));
    let service = service.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        request
    });
    let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service));
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
        drop(place);
    });
}
