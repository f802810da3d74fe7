//! What the server takes from whom: rates, failed authentications, addresses, sizes, load.

mod addresses;
mod bounds;
mod proxies;
mod rate;
mod settings;
mod throttle;

use crate::support::{Reply, Server, send};
use reqwest::Method;
use scim_connector::config::Config;

/// What the server comes with.
fn defaults(config: &mut Config) {
    config.limits = Config::load(None).expect("the defaults are good").limits;
}

/// A request with this token, from a client that a trusted proxy says it saw.
async fn from(server: &Server, address: &str, token: &str) -> Reply {
    let request = server.client.get(format!("{}/ServiceProviderConfig", server.base_url)).bearer_auth(token);
    send(request.header("x-forwarded-for", address)).await
}

/// A request with this token.
async fn ask(server: &Server, token: &str) -> Reply {
    let url = format!("{}/Users?count=1", server.base_url);
    send(server.client.request(Method::GET, url).bearer_auth(token)).await
}

/// The stable code in a SCIM error.
fn code(reply: &Reply) -> &str {
    let detail = &reply.body["urn:ietf:params:scim:api:messages:connector:2.0:ErrorDetail"];
    detail["code"].as_str().unwrap_or_default()
}

/// A header that is a whole number.
#[track_caller]
fn number(reply: &Reply, name: &str) -> u32 {
    reply.header(name).parse().unwrap_or_else(|_| panic!("{name} is \"{}\" in {:?}", reply.header(name), reply.headers))
}
