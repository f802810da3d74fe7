//! What handlers ask of a request: who asks, what for, with which body.

use super::answer::Failure;
use super::edge::RequestId;
use super::gate::Visitor;
use super::load::Work;
use crate::app::App;
use crate::domain::{CredentialKind, PlainSecret};
use crate::provisioning::{self, Asked, Caller, Error, Notes, Refusal};
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
        Credential::of(parts, app)?.authenticate().await.map(Self)
    }
}

/// Who asks, or who asked with this credential when it was here last: the database confirms him when it is asked what he
/// wants, which saves a way to it. A stranger is refused before a handler runs.
pub struct Asking {
    credential: Credential,
    asked: Asked,
}

impl FromRequestParts<App> for Asking {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let credential = Credential::of(parts, app)?;
        match credential.presume() {
            Some(asked) => Ok(Self { credential, asked }),
            None => Self::known(credential).await,
        }
    }
}

impl Asking {
    async fn known(credential: Credential) -> Result<Self, Failure> {
        let caller = credential.authenticate().await?;
        let app = credential.app();
        let asked = app.service.request(caller, app.now()).into();
        Ok(Self { credential, asked })
    }

    /// What else belongs to the request. What is wrong with it is told to those alone who may ask.
    pub async fn with<T>(self, part: Result<T, Failure>) -> Result<(Self, T), Failure> {
        match part {
            Ok(part) => Ok((self, part)),
            Err(failure) if self.asked.is_known() => Err(failure),
            Err(failure) => Err(self.credential.authenticate().await.err().unwrap_or(failure)),
        }
    }

    /// Answers by what `work` finds or does. Nobody is refused on a presumption: who was not confirmed is looked up.
    pub async fn answer<T, F>(self, work: impl Fn(Asked) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let Self { credential, asked } = self;
        let asked = asked.at(credential.app().now());
        if asked.is_known() {
            return Ok(work(asked).await?);
        }
        let result = work(asked.clone()).await;
        if asked.is_known() {
            credential.confirmed(&asked.request().caller);
            return Ok(result?);
        }
        if let Err(Error::Storage(error)) = result {
            return Err(Error::from(error).into());
        }
        let known = Self::known(credential).await?;
        Ok(work(known.asked).await?)
    }
}

/// A credential that a request shows.
struct Credential {
    visitor: Visitor,
    token: PlainSecret,
    /// It came without the word Bearer.
    is_bare: bool,
    request_id: Arc<str>,
    notes: Arc<Notes>,
    now: i64,
}

impl Credential {
    fn of(parts: &Parts, app: &App) -> Result<Self, Failure> {
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
            now: app.now(),
        })
    }

    fn app(&self) -> &App {
        self.visitor.app()
    }

    /// What is asked if nothing has changed since the credential was here last.
    fn presume(&self) -> Option<Asked> {
        let service = &self.app().service;
        let asked = provisioning::presume(service, &self.token, self.now, &self.request_id, &self.notes)?;
        self.visitor.may_come(&asked.request().caller).then_some(asked)
    }

    /// Looks up who it is.
    async fn authenticate(&self) -> Result<Caller, Failure> {
        let (token, id, notes) = (self.token.clone(), Arc::clone(&self.request_id), Arc::clone(&self.notes));
        let found = provisioning::authenticate(&self.app().service, token, self.now, id, notes).await;
        let (caller, kind) = self.visitor.tried(found, |error| matches!(error, Error::Unauthorized(_)))?;
        self.visitor.admit(&caller)?;
        self.came(&caller, kind);
        Ok(caller)
    }

    /// The database knows him still. Only tokens are presumed.
    fn confirmed(&self, caller: &Caller) {
        self.visitor.succeeded();
        self.came(caller, CredentialKind::Token);
    }

    /// Remembers that somebody came.
    fn came(&self, caller: &Caller, kind: CredentialKind) {
        self.app().last_uses.note(kind, caller.token, self.now);
        if self.is_bare {
            caller.notes.quirks([Quirk::new(Repair::RawToken, "Authorization")]);
        }
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

/// A body as it came.
pub struct Body(Bytes);

impl Body {
    /// What it says, whatever its Content-Type is: clients send scim+json, json, with a charset, or nothing.
    pub fn json(&self) -> Result<Value, Error> {
        serde_json::from_slice(&self.0).map_err(|error| {
            // The parser's message names a place and what it expected there, and nothing of the body.
            ScimError::syntax(format!("The body is not JSON: {error}.")).into()
        })
    }
}

impl FromRequest<App> for Body {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        read(request, app.bounds.body, app).await
    }
}

/// The JSON of a body.
pub struct Json(pub Value);

impl FromRequest<App> for Json {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        Ok(Self(read(request, app.bounds.body, app).await?.json()?))
    }
}

/// The same for a bulk request, which has its own limit.
pub struct BulkJson(pub Value);

impl FromRequest<App> for BulkJson {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        Ok(Self(read(request, app.bounds.bulk_body, app).await?.json()?))
    }
}

/// A place for the body of a request as it came, for the provisioning log.
pub type RawBody = Arc<OnceLock<Vec<u8>>>;

async fn read(mut request: Request, limit: usize, app: &App) -> Result<Body, Failure> {
    let kept = request.extensions_mut().remove::<RawBody>();
    let (parts, body) = request.into_parts();
    let bytes = whole(&parts, body, limit, app).await?;
    if let Some(kept) = kept {
        // A copy: the bytes themselves are a part of the buffer that the connection reads into.
        let _ = kept.set(bytes.to_vec());
    }
    Ok(Body(bytes))
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
