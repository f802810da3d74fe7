//! `/Groups`: one file a verb, and what they share.

mod change;
mod create;
mod delete;
mod draft;
mod members;
mod patch;
mod read;
mod replace;
mod roles;
mod tell;

pub use change::extension;
pub use roles::switch as switch_group_roles;

use super::render::Answer;
use super::verbs::{Created, Verbs};
use super::{Error, Request};
use crate::domain::Id;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::{GROUP, ResourceType};
use crate::storage::Tx;
use serde_json::Value;

/// The verbs of `/Groups`.
pub struct Groups;

impl Verbs for Groups {
    const RESOURCE_TYPE: &'static ResourceType = &GROUP;
    type New = create::NewGroup;
    type Replacement = replace::GroupReplacement;
    type Patch = patch::GroupPatch;

    fn decode_new(request: &Request, id: Id, body: Value) -> Result<Self::New, Error> {
        create::NewGroup::decode(request, id, body)
    }

    fn decode_replacement(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Self::Replacement, Error> {
        replace::GroupReplacement::decode(request, id, body, condition)
    }

    fn decode_patch(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Self::Patch, Error> {
        patch::GroupPatch::decode(request, id, body, condition)
    }

    async fn create(
        tx: &mut Tx<'_>,
        request: &Request,
        new: &Self::New,
        projection: &Projection,
    ) -> Result<Created, Error> {
        create::create(tx, request, new, projection).await.map(Created::new)
    }

    async fn read(tx: &mut Tx<'_>, request: &Request, id: Id, projection: &Projection) -> Result<Answer, Error> {
        read::read(tx, request, id, projection).await
    }

    async fn replace(
        tx: &mut Tx<'_>,
        request: &Request,
        replacement: &Self::Replacement,
        projection: &Projection,
    ) -> Result<Answer, Error> {
        replace::replace(tx, request, replacement, projection).await
    }

    async fn patch(
        tx: &mut Tx<'_>,
        request: &Request,
        patch: &Self::Patch,
        projection: &Projection,
    ) -> Result<Option<Answer>, Error> {
        patch::patch(tx, request, patch, projection).await
    }

    async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
        delete::delete(tx, request, id, condition).await
    }

    fn reads_much(projection: &Projection) -> bool {
        projection.wants("members", &GROUP)
    }
}
