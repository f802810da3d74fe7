//! POST /Organizations (RFC 7644 §3.3).

use super::draft::{draft, settle_settings_set, taken};
use crate::domain::Subject;
use crate::provisioning::plain::{New, tell};
use crate::provisioning::{Error, Request, profile};
use crate::scim::Object;
use crate::scim::schema::ORGANIZATION;
use crate::storage::Tx;
use crate::storage::rows::{OrganizationRow, Stored};

pub async fn create(tx: &mut Tx<'_>, request: &Request, new: &New) -> Result<Stored, Error> {
    let (id, mut resource) = (new.id, new.resource.clone());
    let settings_set = settle_settings_set(tx, request, &mut resource).await?;
    let resource = profile::with_id(resource, id, &ORGANIZATION);
    let draft = draft(&resource, settings_set)?;
    let stored = Stored { id: id.into(), version: 1, last_modified: id.created(), body: draft.profile.body.clone() };
    let row = OrganizationRow {
        account_id: request.caller.account.into(),
        id: stored.id,
        draft: draft.clone().into(),
        version: stored.version,
        last_modified: stored.last_modified,
    };
    tx.insert_organization(row).await.map_err(|error| taken(error, &draft))?;
    let subject = Subject::new("organization", id);
    tell(tx, request, "organization.created", subject, stored.version, &Object::new(), &resource);
    Ok(stored)
}
