//! The OAuth 2.0 client credentials grant (RFC 6749 section 4.4), for a token to run with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::case::Credential;
use crate::client::{Client, Request};
use crate::template::percent_encode;

/// A token endpoint and a client that it knows.
#[derive(Debug, Clone)]
pub struct TokenEndpoint {
    pub url: String,
    pub id: String,
    pub secret: String,
}

impl TokenEndpoint {
    /// RFC 6749 section 2.3.1: both are form-encoded before they are joined.
    pub fn basic(&self) -> String {
        STANDARD.encode(format!("{}:{}", percent_encode(&self.id), percent_encode(&self.secret)))
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        let start = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[start..].find('/').map_or(self.url.len(), |at| start + at);
        &self.url[..end]
    }

    /// A token for the whole run.
    pub fn token(&self, client: &Client) -> Result<String, String> {
        let mut request = Request::new("POST", self.url.as_str(), None);
        request.credential = Credential::None;
        request.set_header("Accept", "application/json");
        request.set_header("Content-Type", "application/x-www-form-urlencoded");
        let pairs = [("grant_type", "client_credentials"), ("client_id", &self.id), ("client_secret", &self.secret)];
        request.body = Some(form(pairs));
        let response =
            client.send(&request).map_err(|problem| format!("the token endpoint is not reachable: {problem}"))?;
        let token = response.json.as_ref().filter(|_| response.status == 200);
        let token = token.and_then(|body| body.get("access_token")).and_then(Value::as_str);
        token.map(str::to_owned).ok_or_else(|| format!("the token endpoint gave no token: {}", response.describe()))
    }
}

/// application/x-www-form-urlencoded.
pub fn form<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_ends_before_the_path() {
        let at = |url: &str| TokenEndpoint { url: url.into(), id: "a:b".into(), secret: "c".into() };
        assert_eq!(at("https://host:1/oauth/token").origin(), "https://host:1");
        assert_eq!(at("https://host").origin(), "https://host");
        assert_eq!(STANDARD.decode(at("").basic()).unwrap(), b"a%3Ab:c");
    }
}
