//! POST /Users (RFC 7644 §3.3).

use super::change::{join, load, save};
use super::patch::{UserPatch, patch};
use super::wishes::Wishes;
use super::written_groups;
use crate::domain::{Guard, Id, Name, OnConflict};
use crate::expr::fold;
use crate::provisioning::verbs::Created;
use crate::provisioning::{Error, Request, profile};
use crate::scim::patch::{Change, bind_resource};
use crate::scim::project::Projection;
use crate::scim::schema::USER;
use crate::scim::{Object, Reading, decode, urn};
use crate::storage::{Error as StorageError, Tx};
use serde_json::Value;

/// A user who is checked and not yet stored.
#[derive(Debug, Clone)]
pub struct NewUser {
    id: Id,
    resource: Object,
    wishes: Wishes,
    /// What the body changes in a user whom the connection has already.
    changes: Vec<Change>,
}

impl NewUser {
    /// Checks a body. The id is made by the caller, because others in a bulk request may refer to it.
    pub fn decode(request: &Request, id: Id, mut body: Value) -> Result<Self, Error> {
        if written_groups::are_taken(request) {
            request.reading(|reading| Ok::<_, Error>(written_groups::in_resource(&mut body, reading)))?;
        }
        let upserts = request.caller.choices().on_conflict == OnConflict::Upsert;
        let sent = upserts.then(|| body.clone());
        let mut resource = request.reading(|reading| decode::resource(body, &USER, reading))?;
        let changes = match sent {
            Some(Value::Object(sent)) => changes(request, sent, &resource)?,
            _ => Vec::new(),
        };
        let wishes = Wishes::take(&mut resource)?;
        Ok(Self { id, resource, wishes, changes })
    }
}

/// A body as changes: what it does not name stays, what it says is null goes. Who is pushed is active unless the body says
/// otherwise.
fn changes(request: &Request, mut sent: Object, resource: &Object) -> Result<Vec<Change>, Error> {
    if !resource.contains_key("active") {
        sent.insert("active".to_owned(), Value::Bool(true));
    }
    // What had to be repaired was noted when the body was decoded.
    let mut reading = Reading::new(request.caller.choices().rules);
    Ok(bind_resource(sent, &USER, &mut reading)?)
}

pub async fn create(
    tx: &mut Tx<'_>,
    request: &Request,
    new: &NewUser,
    projection: &Projection,
) -> Result<Created, Error> {
    match request.caller.choices().on_conflict {
        OnConflict::Refuse => {}
        OnConflict::Restore => {
            if let Some(id) = leaver(tx, request, new).await? {
                let opened = load(tx, request, id, None, Some(projection)).await?;
                let mut resource = new.resource.clone();
                resource.entry("active").or_insert(Value::Bool(true));
                return save(tx, request, opened, resource, &new.wishes, projection).await.map(Created::new);
            }
        }
        OnConflict::Upsert => return upsert(tx, request, new, projection).await,
    }
    join(tx, request, new.id, new.resource.clone(), &new.wishes, projection).await.map(Created::new)
}

/// The old record of somebody who comes back, when the connection restores them: same connection, same externalId or
/// userName, deactivated.
async fn leaver(tx: &mut Tx<'_>, request: &Request, new: &NewUser) -> Result<Option<Id>, Error> {
    let caller = &request.caller;
    let (external_id, user_name) = names(&new.resource)?;
    let found = tx.leaver(caller.account, caller.connection, external_id, &user_name.key).await?;
    Ok(found.map(Id::from))
}

/// Changes the user whom the connection has already, or makes a new one. Another request may make or remove the same
/// person at the same time, so what was found to be wrong is looked at once more.
async fn upsert(tx: &mut Tx<'_>, request: &Request, new: &NewUser, projection: &Projection) -> Result<Created, Error> {
    let mut is_last = false;
    loop {
        let failed = match known(tx, request, new).await? {
            Some(id) => {
                let changes = UserPatch::new(id, new.changes.clone());
                match patch(tx, request, &changes, projection).await {
                    Ok(answer) => return Ok(Created::changed(answer)),
                    Err(error @ Error::NotFound { .. }) => error,
                    Err(error) => return Err(error),
                }
            }
            None => {
                tx.begin_part().await?;
                let made = join(tx, request, new.id, new.resource.clone(), &new.wishes, projection).await;
                tx.end_part(made.is_ok()).await?;
                match made {
                    Ok(answer) => return Ok(Created::new(answer)),
                    Err(error) if is_taken(&error) => error,
                    Err(error) => return Err(error),
                }
            }
        };
        if is_last {
            return Err(failed);
        }
        is_last = true;
    }
}

/// Whether somebody has what has to be unique.
fn is_taken(error: &Error) -> bool {
    matches!(
        error,
        Error::Taken { .. }
            | Error::Guard(Guard::EmailTaken { .. } | Guard::UsernameTaken { .. })
            | Error::Storage(StorageError::Conflict(_))
    )
}

/// The user of this connection with the same externalId, else the same employee number, else the same userName. Users of
/// other connections are never taken over.
async fn known(tx: &mut Tx<'_>, request: &Request, new: &NewUser) -> Result<Option<Id>, Error> {
    let (account, connection) = (request.caller.account, request.caller.connection);
    let (external_id, user_name) = names(&new.resource)?;
    let number = new.resource.get(urn::ENTERPRISE_USER).and_then(|part| part.get("employeeNumber"));
    let number = number.and_then(Value::as_str).map(fold);
    let found = tx.user_of_connection(account, connection, external_id, number.as_deref(), &user_name.key).await?;
    Ok(found.map(Id::from))
}

fn names(resource: &Object) -> Result<(Option<&str>, Name), Error> {
    let user_name = Name::new("userName", profile::text(resource, "userName").unwrap_or_default())?;
    Ok((profile::text(resource, "externalId"), user_name))
}
