//! `/Organizations`: one file a verb, and what they share.

mod change;
mod create;
mod delete;
mod draft;
mod show;

pub use show::facts;

use super::plain::{New, Patch, Replacement};
use super::render::Answer;
use super::verbs::{Created, Verbs};
use super::{Error, Request};
use crate::domain::Id;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::{ORGANIZATION, ResourceType};
use crate::storage::Tx;
use serde_json::Value;

/// The verbs of `/Organizations`.
pub struct Organizations;

impl Verbs for Organizations {
    const RESOURCE_TYPE: &'static ResourceType = &ORGANIZATION;
    type New = New;
    type Replacement = Replacement;
    type Patch = Patch;

    fn decode_new(request: &Request, id: Id, body: Value) -> Result<New, Error> {
        New::decode::<Self>(request, id, body)
    }

    fn decode_replacement(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Replacement, Error> {
        Replacement::decode::<Self>(request, id, body, condition)
    }

    fn decode_patch(request: &Request, id: &str, body: Value, condition: Option<Condition>) -> Result<Patch, Error> {
        Patch::decode::<Self>(request, id, body, condition)
    }

    async fn create(tx: &mut Tx<'_>, request: &Request, new: &New, projection: &Projection) -> Result<Created, Error> {
        let stored = create::create(tx, request, new).await?;
        show::one(tx, request, &stored, projection).await.map(Created::new)
    }

    async fn read(tx: &mut Tx<'_>, request: &Request, id: Id, projection: &Projection) -> Result<Answer, Error> {
        let stored = tx
            .organization(request.caller.account, id)
            .await?
            .map(|(stored, _)| stored)
            .ok_or_else(|| Self::not_found(&id.to_string()))?;
        show::one(tx, request, &stored, projection).await
    }

    async fn replace(
        tx: &mut Tx<'_>,
        request: &Request,
        replacement: &Replacement,
        projection: &Projection,
    ) -> Result<Answer, Error> {
        let to = |_: &_| Ok(replacement.resource.clone());
        let stored = change::change(tx, request, replacement.id, replacement.condition.as_ref(), to).await?;
        show::one(tx, request, &stored, projection).await
    }

    async fn patch(
        tx: &mut Tx<'_>,
        request: &Request,
        patch: &Patch,
        projection: &Projection,
    ) -> Result<Option<Answer>, Error> {
        let to = |old: &_| patch.apply(request, old, &ORGANIZATION);
        let stored = change::change(tx, request, patch.id, patch.condition.as_ref(), to).await?;
        show::one(tx, request, &stored, projection).await.map(Some)
    }

    async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
        delete::delete(tx, request, id, condition).await
    }
}
