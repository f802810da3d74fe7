//! POST /Users (RFC 7644 §3.3).

use super::change::{join, load, save};
use super::wishes::Wishes;
use crate::domain::{Id, Name, OnConflict};
use crate::provisioning::render::Answer;
use crate::provisioning::{Error, Request, log_ignored, profile};
use crate::scim::project::Projection;
use crate::scim::schema::USER;
use crate::scim::{Object, decode};
use crate::storage::Tx;
use serde_json::Value;

/// A user who is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct NewUser {
    id: Id,
    resource: Object,
    wishes: Wishes,
}

impl NewUser {
    /// Checks a body. The id is made by the caller, because others in a bulk request may refer to it.
    pub fn decode(request: &Request, id: Id, body: Value) -> Result<Self, Error> {
        let decoded = decode::resource(body, &USER, request.caller.strictness())?;
        log_ignored(&decoded.ignored);
        let mut resource = decoded.resource;
        let wishes = Wishes::take(&mut resource)?;
        Ok(Self { id, resource, wishes })
    }
}

pub async fn create(
    tx: &mut Tx<'_>,
    request: &Request,
    new: &NewUser,
    projection: &Projection,
) -> Result<Answer, Error> {
    if let Some(id) = leaver(tx, request, new).await? {
        let opened = load(tx, request, id, None).await?;
        let mut resource = new.resource.clone();
        resource.entry("active").or_insert(Value::Bool(true));
        return save(tx, request, opened, resource, &new.wishes, projection).await;
    }
    join(tx, request, new.id, new.resource.clone(), &new.wishes, projection).await
}

/// The old record of somebody who comes back, when the connection restores them: same connection, same externalId or
/// userName, deactivated.
async fn leaver(tx: &mut Tx<'_>, request: &Request, new: &NewUser) -> Result<Option<Id>, Error> {
    let caller = &request.caller;
    if caller.source.connection.settings.on_conflict != OnConflict::Restore {
        return Ok(None);
    }
    let user_name = Name::new("userName", profile::text(&new.resource, "userName").unwrap_or_default())?;
    let external_id = profile::text(&new.resource, "externalId");
    let found = tx.leaver(caller.account, caller.connection, external_id, &user_name.key).await?;
    Ok(found.map(Id::from))
}
