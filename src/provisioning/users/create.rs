//! POST /Users (RFC 7644 §3.3).

use super::draft::{complete, draft, taken};
use crate::domain::{Id, User, UserDraft};
use crate::provisioning::render::{self, Answer};
use crate::provisioning::{Error, Request, log_ignored};
use crate::scim::decode;
use crate::scim::project::Projection;
use crate::scim::schema::USER;
use crate::storage::Tx;
use crate::storage::rows::Stored;
use serde_json::Value;

/// A user who is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct NewUser {
    id: Id,
    draft: UserDraft,
}

impl NewUser {
    /// Checks a body. The id is made by the caller, because others in a bulk request may refer to it.
    pub fn decode(request: &Request, id: Id, body: Value) -> Result<Self, Error> {
        let decoded = decode::resource(body, &USER, request.caller.strictness())?;
        log_ignored(&decoded.ignored);
        Ok(Self { id, draft: draft(&complete(decoded.resource, id))? })
    }
}

pub async fn create(
    tx: &mut Tx<'_>,
    request: &Request,
    new: &NewUser,
    projection: &Projection,
) -> Result<Answer, Error> {
    let user = User::join(request.caller.account, request.caller.connection, new.id, new.draft.clone());
    let stored = Stored {
        id: user.id.into(),
        version: user.version,
        last_modified: user.last_modified,
        body: user.draft.profile.body.clone(),
    };
    tx.insert_user(user.into(), &new.draft.emails).await.map_err(|error| taken(error, &new.draft))?;
    Ok(render::user(request, &stored, &[], projection))
}
