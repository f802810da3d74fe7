//! Connections: accepted, served, and ended in good order.

use super::router;
use crate::app::App;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tower::Layer;
use tower_http::normalize_path::{NormalizePath, NormalizePathLayer};

/// How long a client may take to send the head of a request, and how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);

/// A pause when the machine has no more file handles, instead of asking again and again.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` is ready; requests that have begun are finished.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    // `/Users/` is `/Users`: some base URLs end with a slash.
    let service = TowerToHyperService::new(NormalizePathLayer::trim_trailing_slash().layer(router(app)));
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, _)) => serve_connection(stream, service.clone(), &connections),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

type Service = TowerToHyperService<NormalizePath<axum::Router>>;

fn serve_connection(stream: TcpStream, service: Service, connections: &GracefulShutdown) {
    // An answer is one write; waiting for more would only delay it.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
    });
}
