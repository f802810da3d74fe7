//! What handlers ask of a request: who asks, what for, with which body.

use super::answer::Failure;
use super::edge::RequestId;
use super::gate::Visitor;
use super::load::Work;
use crate::app::App;
use crate::domain::{CredentialKind, PlainSecret};
use crate::provisioning::{self, Caller, Error, Notes, ReadRequest, Refusal};
use crate::scim::Error as ScimError;
use crate::scim::etag::Condition;
use crate::scim::list::{Query, split_names};
use crate::scim::project::Projection;
use crate::scim::quirk::{Quirk, Repair};
use crate::scim::schema::ResourceType;
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// Who asks. A handler that names this in its arguments cannot run for a stranger.
pub struct Authenticated(pub Caller);

impl FromRequestParts<App> for Authenticated {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        Asking::from_request_parts(parts, app).await?.authenticate().await.map(Self)
    }
}

/// Somebody who asks and shows a credential.
pub struct Asking {
    app: App,
    visitor: Visitor,
    token: PlainSecret,
    is_bare: bool,
    request_id: Arc<str>,
    notes: Arc<Notes>,
}

impl FromRequestParts<App> for Asking {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Some(token) = credential(&parts.headers) else {
            Visitor::without(app);
            return Err(Error::Unauthorized("Send the token of a connection: Authorization: Bearer <token>.").into());
        };
        Ok(Self {
            visitor: Visitor::with(parts, app, &token)?,
            token,
            is_bare: is_bare(&parts.headers),
            request_id: request_id(parts),
            notes: notes(parts),
            app: app.clone(),
        })
    }
}

impl Asking {
    /// Looks up who it is.
    async fn authenticate(self) -> Result<Caller, Failure> {
        let Self { app, visitor, token, is_bare, request_id, notes } = self;
        let now = app.now();
        let found = provisioning::authenticate(&app.service, token, now, request_id, notes).await;
        let (caller, kind) = visitor.tried(found, |error| matches!(error, Error::Unauthorized(_)))?;
        visitor.admit(&caller)?;
        came(&app, &caller, kind, is_bare, now);
        Ok(caller)
    }

    /// What is wrong with a request is told to those alone who may ask.
    pub async fn refuse(self, failure: Failure) -> Failure {
        self.authenticate().await.err().unwrap_or(failure)
    }

    /// Answers from what `read` reads. Whoever was here before is confirmed while it reads, which saves a way to the database;
    /// anybody else is looked up first, and so is whoever gets no answer: nobody is refused on a presumption.
    pub async fn read<T, F>(self, read: impl Fn(ReadRequest) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (app, now) = (self.app.clone(), self.app.now());
        let presumed = provisioning::presume(&app.service, &self.token, now, &self.request_id, &self.notes);
        if let Some(asked) = presumed.filter(|asked| !self.visitor.is_too_fast(asked.request().caller.connection)) {
            let caller = asked.request().caller.clone();
            match read(asked).await {
                Ok(answer) => {
                    self.visitor.succeeded();
                    self.visitor.admit(&caller)?;
                    came(&app, &caller, CredentialKind::Token, self.is_bare, now);
                    return Ok(answer);
                }
                Err(Error::Storage(error)) => return Err(Error::from(error).into()),
                Err(_) => {}
            }
        }
        let caller = self.authenticate().await?;
        Ok(read(app.service.request(caller, now).into()).await?)
    }
}

/// Remembers that somebody came.
fn came(app: &App, caller: &Caller, kind: CredentialKind, is_bare: bool, now: i64) {
    app.last_uses.note(kind, caller.token, now);
    if is_bare {
        caller.notes.quirks([Quirk::new(Repair::RawToken, "Authorization")]);
    }
}

/// The id of the request, as it stands in the audit trail.
pub fn request_id(parts: &Parts) -> Arc<str> {
    parts.extensions.get::<RequestId>().map(|id| id.0.as_str()).unwrap_or_default().into()
}

/// Where what the request is found to be is gathered.
pub fn notes(parts: &Parts) -> Arc<Notes> {
    parts.extensions.get::<Arc<Notes>>().cloned().unwrap_or_default()
}

/// The secret of a request (RFC 6750 §2.1); Okta's header mode sends it alone.
pub fn credential(headers: &HeaderMap) -> Option<PlainSecret> {
    let text = headers.get(AUTHORIZATION)?.to_str().unwrap_or_default().trim();
    let secret = match text.split_once(' ') {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case("Bearer") => secret.trim(),
        _ => text,
    };
    Some(PlainSecret::received(secret))
}

/// Whether the token came without the word Bearer.
fn is_bare(headers: &HeaderMap) -> bool {
    let text = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    text.is_some_and(|text| !text.trim().contains(' '))
}

/// The last part of the path as it was sent: whatever it is, it either is an id of ours or names nothing.
pub struct LastPart(pub String);

impl<S: Send + Sync> FromRequestParts<S> for LastPart {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let path = parts.uri.path().trim_end_matches('/');
        Ok(Self(path.rsplit('/').next().unwrap_or_default().to_owned()))
    }
}

/// The query of a list.
pub struct Listed(pub Query);

impl<S: Send + Sync> FromRequestParts<S> for Listed {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Query::from_parameters(parameters(parts)).map(Self).map_err(|error| Error::from(error).into())
    }
}

/// `attributes` and `excludedAttributes` of a request for one resource (RFC 7644 §3.9).
pub struct Projected {
    included: Option<Vec<String>>,
    excluded: Option<Vec<String>>,
}

impl Projected {
    pub fn on(&self, resource_type: &'static ResourceType) -> Projection {
        Projection::new(self.included.as_deref(), self.excluded.as_deref(), resource_type)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Projected {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let mut projected = Self { included: None, excluded: None };
        for (name, value) in parameters(parts) {
            if name.eq_ignore_ascii_case("attributes") {
                projected.included = Some(split_names(&value));
            } else if name.eq_ignore_ascii_case("excludedAttributes") {
                projected.excluded = Some(split_names(&value));
            }
        }
        Ok(projected)
    }
}

fn parameters(parts: &Parts) -> impl Iterator<Item = (String, String)> + '_ {
    let query = parts.uri.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// The preconditions of a request (RFC 9110 §13.1).
pub struct Conditions {
    pub if_match: Option<Condition>,
    pub if_none_match: Option<Condition>,
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // A condition that cannot be read is still a condition: no version meets it.
        let read = |headers: &HeaderMap, name| {
            let lines: Vec<&str> =
                headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("unreadable")).collect();
            (!lines.is_empty()).then(|| Condition::parse(&lines.join(",")))
        };
        let headers = &parts.headers;
        Ok(Self { if_match: read(headers, IF_MATCH), if_none_match: read(headers, IF_NONE_MATCH) })
    }
}

/// A JSON body, whatever its Content-Type says: clients send scim+json, json, with a charset, or nothing.
pub struct Json(pub Value);

impl FromRequest<App> for Json {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        read(request, app.bounds.body, app).await.map(Self)
    }
}

/// The same for a bulk request, which has its own limit.
pub struct BulkJson(pub Value);

impl FromRequest<App> for BulkJson {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        read(request, app.bounds.bulk_body, app).await.map(Self)
    }
}

/// A place for the body of a request as it came, for the provisioning log.
pub type RawBody = Arc<OnceLock<Vec<u8>>>;

async fn read(mut request: Request, limit: usize, app: &App) -> Result<Value, Failure> {
    let kept = request.extensions_mut().remove::<RawBody>();
    let (parts, body) = request.into_parts();
    let bytes = whole(&parts, body, limit, app).await?;
    if let Some(kept) = kept {
        // A copy: the bytes themselves are a part of the buffer that the connection reads into.
        let _ = kept.set(bytes.to_vec());
    }
    serde_json::from_slice(&bytes).map_err(|error| {
        // The parser's message names a place and what it expected there, and nothing of the body.
        Error::from(ScimError::syntax(format!("The body is not JSON: {error}."))).into()
    })
}

/// A body of at most `limit` bytes. When it has arrived the request is in work.
pub async fn whole(parts: &Parts, body: axum::body::Body, limit: usize, app: &App) -> Result<Bytes, Failure> {
    let bytes = to_bytes(body, limit).await.map_err(|error| {
        let too_long =
            std::error::Error::source(&error).is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
        if too_long {
            Failure::from(Error::TooLarge { what: "bytes", limit: limit as u64 })
        } else {
            Failure(Refusal::new(400, "The body of the request broke off."))
        }
    })?;
    match parts.extensions.get::<Work>() {
        Some(work) => work.begin(app).map(|()| bytes),
        None => Ok(bytes),
    }
}
