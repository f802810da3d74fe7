//! HTTP, and nothing above it: one request out, one answer back, exactly as the case wrote it.

use std::fmt::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::config::AutoHeaderValue;
use ureq::{Agent, http};

use crate::case::Credential;
use crate::pattern::shorten;

/// Okta closes its socket after this long, so a slower answer is no answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// A whole account's page of a thousand large resources fits many times over.
const LARGEST_ANSWER: u64 = 256 * 1024 * 1024;
/// How often a 429 is waited out before it counts as the answer.
const POLITENESS: u32 = 10;
const LONGEST_WAIT: u64 = 30;
const SHORTEST_SECRET: usize = 8;

/// One request, ready to go.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query below the base URL.
    pub path: String,
    pub credential: Credential,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// Take 429 for an answer instead of waiting.
    pub impatient: bool,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
    /// The body as JSON, when it is JSON.
    pub json: Option<Value>,
    pub took: Duration,
}

/// The server under test.
pub struct Client {
    agent: Agent,
    base: String,
    token: String,
    other_token: Option<String>,
    /// What no report may show.
    secrets: Vec<String>,
}

impl Client {
    pub fn new(base_url: &str, token: &str, other_token: Option<&str>, client_secret: Option<&str>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .accept(AutoHeaderValue::None)
            .accept_encoding(AutoHeaderValue::None)
            .user_agent(concat!("scim-conformance/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        let (token, other_token) = (bare(token), other_token.map(bare));
        let known = [Some(token.clone()), other_token.clone(), client_secret.map(str::to_owned)];
        Self {
            agent,
            base: base_url.trim_end_matches('/').to_owned(),
            token,
            other_token,
            // A shorter one hides nothing and would blot out half of the report.
            secrets: known.into_iter().flatten().filter(|secret| secret.len() >= SHORTEST_SECRET).collect(),
        }
    }

    /// From now on this is the main token.
    pub fn use_token(&mut self, token: &str) {
        self.token = bare(token);
        self.secrets.push(self.token.clone());
    }

    /// The credentials, longest first: one may be a part of another.
    pub fn secrets(&self) -> Vec<&str> {
        let mut secrets: Vec<&str> = self.secrets.iter().map(String::as_str).collect();
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }

    /// A text for the report, without the credentials.
    pub fn mask(&self, text: &str) -> String {
        self.secrets().into_iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    /// Sends a request. A server that asks to slow down is obeyed: limits are not what this suite measures.
    pub fn send(&self, request: &Request) -> Result<Response, String> {
        for _ in 0..POLITENESS {
            let response = self.once(request)?;
            if response.status != 429 || request.impatient {
                return Ok(response);
            }
            let Some(wait) = response.header("Retry-After").map(|seconds| seconds.parse().unwrap_or(1)) else {
                return Ok(response);
            };
            sleep(Duration::from_secs(u64::min(wait, LONGEST_WAIT)));
        }
        self.once(request)
    }

    fn once(&self, request: &Request) -> Result<Response, String> {
        // A token endpoint may be elsewhere.
        let base = if request.path.starts_with('/') { self.base.as_str() } else { "" };
        let mut builder =
            http::Request::builder().method(request.method.as_str()).uri(format!("{base}{}", request.path));
        if let Some(authorization) = self.authorization(request.credential) {
            builder = builder.header("Authorization", authorization);
        }
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let started = Instant::now();
        let answer = match &request.body {
            Some(body) => {
                let ready = builder.body(body.as_bytes()).map_err(|error| unsendable(&error))?;
                self.agent.run(ready)
            }
            None => {
                let ready = builder.body(()).map_err(|error| unsendable(&error))?;
                self.agent.run(ready)
            }
        };
        let mut answer = answer.map_err(|error| format!("no answer: {error}"))?;
        let bytes = answer
            .body_mut()
            .with_config()
            .limit(LARGEST_ANSWER)
            .read_to_vec()
            .map_err(|error| format!("the answer broke off: {error}"))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Response {
            status: answer.status().as_u16(),
            headers: answer
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            json: serde_json::from_str(&text).ok(),
            text,
            took: started.elapsed(),
        })
    }

    fn authorization(&self, credential: Credential) -> Option<String> {
        match credential {
            Credential::Main => Some(format!("Bearer {}", self.token)),
            Credential::Other => self.other_token.as_ref().map(|token| format!("Bearer {token}")),
            Credential::Raw => Some(self.token.clone()),
            Credential::Wrong => Some("non-token".to_owned()),
            Credential::None => None,
        }
    }
}

/// People paste tokens with the word in front.
fn bare(token: &str) -> String {
    let token = token.trim();
    token.strip_prefix("Bearer ").unwrap_or(token).trim().to_owned()
}

fn unsendable(error: &http::Error) -> String {
    format!("the request cannot be sent: {error}")
}

impl Request {
    /// A plain request with the headers every SCIM client sends.
    pub fn new(method: &str, path: impl Into<String>, body: Option<String>) -> Self {
        let mut headers = vec![("Accept".to_owned(), "application/scim+json".to_owned())];
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), "application/scim+json".to_owned()));
        }
        let (method, path) = (method.to_owned(), path.into());
        Self { method, path, credential: Credential::Main, headers, body, impatient: false }
    }

    /// Replaces a header; an empty value takes it away.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The request for a person, without the credential.
    pub fn describe(&self) -> String {
        let mut out = self.line();
        let kind = match self.credential {
            Credential::Main => "",
            Credential::Other => "the other account's token",
            Credential::Raw => "the token without the word Bearer",
            Credential::Wrong => "a wrong token",
            Credential::None => "no token",
        };
        if !kind.is_empty() {
            let _ = write!(out, "\n(with {kind})");
        }
        for (name, value) in &self.headers {
            let value = if name.eq_ignore_ascii_case("Authorization") { "***" } else { value };
            let _ = write!(out, "\n{name}: {value}");
        }
        if let Some(body) = &self.body {
            let _ = write!(out, "\n{}", shorten(body.trim(), 2000));
        }
        out
    }
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The answer for a person.
    pub fn describe(&self) -> String {
        let mut out = self.status.to_string();
        for name in ["Content-Type", "Location", "ETag", "Allow", "WWW-Authenticate", "Retry-After"] {
            if let Some(value) = self.header(name) {
                let _ = write!(out, "\n{name}: {value}");
            }
        }
        let token = self.json.as_ref().and_then(|body| body.get("access_token")?.as_str());
        if !self.text.is_empty() {
            let text = token.map_or_else(|| self.text.clone(), |token| self.text.replace(token, "***"));
            let _ = write!(out, "\n{}", shorten(&text, 2000));
        }
        out
    }
}
