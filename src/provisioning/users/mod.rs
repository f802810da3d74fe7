//! `/Users`: one file a verb, and what they share.

mod change;
mod create;
mod delete;
mod draft;
mod facts;
mod patch;
mod place;
mod read;
mod replace;
mod tell;
mod trial;
mod wishes;
mod written_groups;

pub use draft::{draft, is_address};
pub use facts::{Facts, blocked_reasons, effective_roles, facts};
pub use place::{FEW, find_group, find_organization, known, unknown_organization};
pub use tell::attribute_changes;
pub use trial::{Trial, trial};
pub use wishes::DECIDED;

use super::render::Answer;
use super::verbs::{Created, Verbs};
use super::{Error, Request};
use crate::domain::Id;
use crate::scim::etag::Condition;
use crate::scim::project::Projection;
use crate::scim::schema::{ResourceType, USER};
use crate::storage::Tx;
use serde_json::Value;

/// The verbs of `/Users`.
pub struct Users;

impl Verbs for Users {
    const RESOURCE_TYPE: &'static ResourceType = &USER;
    type New = create::NewUser;
    type Replacement = replace::UserReplacement;
    type Patch = patch::UserPatch;

    fn decode_new(request: &Request, id: Id, body: Value) -> Result<Self::New, Error> {
        create::NewUser::decode(request, id, body)
    }

    fn decode_replacement(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Self::Replacement, Error> {
        replace::UserReplacement::decode(request, id, body, condition)
    }

    fn decode_patch(
        request: &Request,
        id: &str,
        body: Value,
        condition: Option<Condition>,
    ) -> Result<Self::Patch, Error> {
        patch::UserPatch::decode(request, id, body, condition)
    }

    async fn create(
        tx: &mut Tx<'_>,
        request: &Request,
        new: &Self::New,
        projection: &Projection,
    ) -> Result<Created, Error> {
        create::create(tx, request, new, projection).await
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
        patch::patch(tx, request, patch, projection).await.map(Some)
    }

    async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
        delete::delete(tx, request, id, condition).await
    }
}
