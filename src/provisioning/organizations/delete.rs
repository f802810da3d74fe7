//! DELETE /Organizations/{id} (RFC 7644 §3.6): only when nobody is in it.

use super::Organizations;
use super::change::load;
use crate::domain::{Guard, Id, Subject};
use crate::provisioning::plain::tell;
use crate::provisioning::verbs::Verbs;
use crate::provisioning::{Error, Request, rules};
use crate::scim::Object;
use crate::scim::etag::Condition;
use crate::storage::Tx;

pub async fn delete(tx: &mut Tx<'_>, request: &Request, id: Id, condition: Option<&Condition>) -> Result<(), Error> {
    let account = &request.caller.tenant;
    // Whoever places a user into it holds it, so after this lock nobody comes in any more.
    let stored = load(tx, request, id).await?;
    let old = Organizations::open(&stored, condition)?;
    if id == account.default_organization {
        return Err(Guard::DefaultProtected("organization").into());
    }
    let count = tx.count_users_of(account.id, id).await?;
    if count > 0 {
        return Err(Guard::OrganizationHasUsers { count }.into());
    }
    rules::forget(tx, account.id, id).await?;
    tx.delete_organization(account.id, id).await?;
    let subject = Subject::new("organization", id);
    tell(tx, request, "organization.deleted", subject, stored.version + 1, &old, &Object::new());
    Ok(())
}
