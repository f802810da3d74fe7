//! The requests that every resource type answers, written once; what differs is in `users` and `groups`.

use super::render::Answer;
use super::{Asked, Error, Request, Service, settle};
use crate::domain::Id;
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::ResourceType;
use crate::storage::rows::Stored;
use crate::storage::{Error as StorageError, Tx};
use serde_json::Value;

/// What can be done to the resources of one type. Decoding needs no database; the rest runs in a transaction, alone or
/// with other operations of a bulk request.
pub trait Verbs: 'static {
    const RESOURCE_TYPE: &'static ResourceType;
    /// A resource that is checked and not yet stored.
    type New: Send + Sync + 'static;
    /// A replacement that is checked and not yet stored.
    type Replacement: Send + Sync + 'static;
    /// Changes that are bound to the schema and not yet applied.
    type Patch: Send + Sync + 'static;

    /// The id is made by the caller, because others in a bulk request may refer to it.
    fn decode_new(request: &Request, id: Id, body: Value) -> Result<Self::New, Error>;
    fn decode_replacement(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Self::Replacement, Error>;
    fn decode_patch(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Self::Patch, Error>;

    fn create(
        tx: &mut Tx<'_>,
        request: &Request,
        new: &Self::New,
        projection: &Projection,
    ) -> impl Future<Output = Result<Created, Error>> + Send;
    fn read(
        tx: &mut Tx<'_>,
        request: &Request,
        id: Id,
        projection: &Projection,
    ) -> impl Future<Output = Result<Answer, Error>> + Send;
    fn replace(
        tx: &mut Tx<'_>,
        request: &Request,
        replacement: &Self::Replacement,
        projection: &Projection,
    ) -> impl Future<Output = Result<Answer, Error>> + Send;
    /// `None` when the resource is too large to be shown each time.
    fn patch(
        tx: &mut Tx<'_>,
        request: &Request,
        patch: &Self::Patch,
        projection: &Projection,
    ) -> impl Future<Output = Result<Option<Answer>, Error>> + Send;
    fn delete(
        tx: &mut Tx<'_>,
        request: &Request,
        id: Id,
        condition: Option<&Condition>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Whether reading one resource may take so long that it must not hold up the point reads of others.
    fn reads_much(_: &Projection) -> bool {
        false
    }

    /// Absence, in the words of the protocol.
    fn not_found(id: &str) -> Error {
        Error::NotFound { resource_type: Self::RESOURCE_TYPE.name, id: id.to_owned() }
    }

    /// The resource to change, if it still is what `If-Match` names.
    fn open(stored: &Stored, condition: Option<&Condition>) -> Result<Object, Error> {
        if condition.is_some_and(|condition| !condition.matches(stored.version)) {
            return Err(Error::VersionConflict);
        }
        let broken = |error| {
            let name = Self::RESOURCE_TYPE.name;
            StorageError::Internal(format!("{name} {} is not JSON: {error}", stored.id.0))
        };
        Ok(serde_json::from_str(&stored.body).map_err(broken)?)
    }

    /// The id in a path; anything else than an id of ours is not found.
    fn parse_id(id: &str) -> Result<Id, Error> {
        id.parse().map_err(|_| Self::not_found(id))
    }
}

/// What a POST came to.
#[derive(Debug)]
pub struct Created {
    pub answer: Answer,
    /// False where the resource was there before and was changed.
    pub is_new: bool,
}

impl Created {
    pub fn new(answer: Answer) -> Self {
        Self { answer, is_new: true }
    }

    pub fn changed(answer: Answer) -> Self {
        Self { answer, is_new: false }
    }

    pub fn status(&self) -> u16 {
        if self.is_new { 201 } else { 200 }
    }
}

/// POST (RFC 7644 §3.3).
pub async fn create<V: Verbs>(
    service: &Service,
    asked: Asked,
    body: Value,
    projection: Projection,
) -> Result<Created, Error> {
    check_scope::<V>(&asked)?;
    let new = V::decode_new(asked.request(), Id::new(), body)?;
    write(service, asked, async move |tx, request| V::create(tx, request, &new, &projection).await).await
}

/// GET of one resource (RFC 7644 §3.4.1).
pub async fn read<V: Verbs>(
    service: &Service,
    asked: Asked,
    id: &str,
    projection: Projection,
) -> Result<Answer, Error> {
    asked.request().caller.check_scope(V::RESOURCE_TYPE, false)?;
    let id = V::parse_id(id)?;
    let reads_much = V::reads_much(&projection);
    let work = async move |tx: &mut Tx<'_>| {
        asked.answer(tx, async |tx| V::read(tx, asked.request(), id, &projection).await).await
    };
    if reads_much { service.db.scan(work).await } else { service.db.read(work).await }
}

/// PUT (RFC 7644 §3.5.1).
pub async fn replace<V: Verbs>(
    service: &Service,
    asked: Asked,
    id: &str,
    body: Value,
    condition: Option<Condition>,
    projection: Projection,
) -> Result<Answer, Error> {
    check_scope::<V>(&asked)?;
    let replacement = V::decode_replacement(asked.request(), id, body, condition)?;
    write(service, asked, async move |tx, request| V::replace(tx, request, &replacement, &projection).await).await
}

/// PATCH (RFC 7644 §3.5.2).
pub async fn patch<V: Verbs>(
    service: &Service,
    asked: Asked,
    id: &str,
    body: Value,
    condition: Option<Condition>,
    projection: Projection,
) -> Result<Option<Answer>, Error> {
    check_scope::<V>(&asked)?;
    let patch = V::decode_patch(asked.request(), id, body, condition)?;
    write(service, asked, async move |tx, request| V::patch(tx, request, &patch, &projection).await).await
}

/// DELETE (RFC 7644 §3.6).
pub async fn delete<V: Verbs>(
    service: &Service,
    asked: Asked,
    id: &str,
    condition: Option<Condition>,
) -> Result<(), Error> {
    check_scope::<V>(&asked)?;
    let id = V::parse_id(id)?;
    write(service, asked, async move |tx, request| V::delete(tx, request, id, condition.as_ref()).await).await
}

fn check_scope<V: Verbs>(asked: &Asked) -> Result<(), Error> {
    Ok(asked.request().caller.check_scope(V::RESOURCE_TYPE, true)?)
}

/// Writes in a transaction, at whose end the guards look at everything that was done in it.
async fn write<T, F>(service: &Service, asked: Asked, work: F) -> Result<T, Error>
where
    F: for<'t, 'c> AsyncFn(&'t mut Tx<'c>, &Request) -> Result<T, Error> + Send + 'static,
    T: Send + 'static,
{
    let all = async move |tx: &mut Tx<'_>| {
        let in_tx = async |tx: &mut Tx<'_>| {
            let done = work(tx, asked.request()).await?;
            settle(tx, asked.request()).await.map(|()| done)
        };
        asked.answer(tx, in_tx).await
    };
    service.db.write(all).await
}
