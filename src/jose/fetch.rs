//! Fetches a JWK set: soon, small, and from where it may come.

use super::address::{check_address, is_public};
use super::{AddressError, KeySet, KeySetError};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes; the set of a big issuer has 20,000.
const LONGEST: usize = 512 * 1024;

/// Follows no redirect: an issuer says itself where its keys are.
#[derive(Clone)]
pub struct Fetcher {
    client: Option<Client<HttpsConnector<HttpConnector<Names>>, Empty<Bytes>>>,
    allow_private: bool,
}

impl Fetcher {
    pub fn new(allow_private: bool) -> Self {
        let client = crate::tls::client().map(|tls| {
            let mut http = HttpConnector::new_with_resolver(Names { allow_private });
            http.enforce_http(false);
            http.set_connect_timeout(Some(PATIENCE));
            let connector = HttpsConnectorBuilder::new().with_tls_config(tls.clone()).https_or_http().enable_http1();
            Client::builder(TokioExecutor::new()).build(connector.wrap_connector(http))
        });
        Self { client, allow_private }
    }

    /// The keys at an address, or why there are none, for the log.
    pub async fn fetch(&self, address: &str) -> Result<KeySet, String> {
        let uri = check_address(address, self.allow_private).map_err(AddressError::sentence)?;
        match tokio::time::timeout(PATIENCE, self.get(uri)).await {
            Ok(result) => result,
            Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
        }
    }

    async fn get(&self, uri: Uri) -> Result<KeySet, String> {
        let client = self.client.as_ref().ok_or("TLS cannot be set up")?;
        let request = Request::get(uri).header("accept", "application/json, application/jwk-set+json");
        let request = request.header("user-agent", concat!("scim-connector/", env!("CARGO_PKG_VERSION")));
        let request = request.body(Empty::new()).map_err(|error| error.to_string())?;
        let response = client.request(request).await.map_err(|error| chain(&error))?;
        if response.status() != StatusCode::OK {
            return Err(format!("the answer has the status {}", response.status().as_u16()));
        }
        let body = Limited::new(response.into_body(), LONGEST).collect().await.map_err(|error| error.to_string())?;
        let set = serde_json::from_slice(&body.to_bytes()).map_err(|error| error.to_string())?;
        Ok(KeySet::read(&set).map_err(KeySetError::sentence)?)
    }
}

/// An error with its causes, because the outermost one says little.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Looks names up, and leaves out addresses that must not be fetched: whoever owns a name may let it lead anywhere.
#[derive(Clone)]
struct Names {
    allow_private: bool,
}

impl tower::Service<Name> for Names {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let all = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may: Vec<SocketAddr> = all.filter(|address| allow_private || is_public(address.ip())).collect();
            match may.is_empty() {
                true => Err(io::Error::other("the name leads to no public address")),
                false => Ok(may.into_iter()),
            }
        })
    }
}
