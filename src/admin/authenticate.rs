//! Admin keys: who asks.

use super::Error;
use crate::domain::{Account, Guard, Id, PlainSecret, Status};
use crate::provisioning::{Caller, Service, administrator};
use crate::storage::Tx;
use crate::storage::rows::from_json;
use serde_json::Value;
use std::sync::Arc;

/// Finds the account that a key belongs to. The database is asked each time, so that a revocation and every change of the
/// account count at once on every replica.
pub async fn authenticate(service: &Service, secret: PlainSecret, request_id: Arc<str>) -> Result<Caller, Error> {
    if secret.reveal().starts_with("sct_") {
        return Err(Error::Unauthorized(
            "This is the token of a connection; it opens the SCIM interface at /scim/v2 only. Send an admin key of the \
            account, which begins with sca_.",
        ));
    }
    let (hash, tenants) = (secret.hash(), Arc::clone(&service.tenants));
    let found = service.db.read(async move |tx| {
        let Some((key, version)) = tx.admin_key(&hash).await? else { return Ok::<_, Error>(None) };
        let tenant = tenants.account(tx, key.account_id.0, version).await?;
        if let Some(user) = key.user_id.filter(|_| key.revoked_at.is_none()) {
            check_administrator(tx, &tenant, user.into()).await?;
        }
        Ok(Some((key, tenant)))
    });
    let Some((key, tenant)) = found.await? else {
        return Err(Error::Unauthorized(
            "The admin key is not known. Check that it was copied whole, or make one with \
             `scim-connector admin-key create`.",
        ));
    };
    if key.revoked_at.is_some() {
        return Err(Error::Unauthorized("The admin key was revoked. Use another key of the account, or make one."));
    }
    Ok(administrator(tenant, key.id.0, key.user_id.map(Id::from), request_id))
}

/// A key of one's own does what its holder may do: nothing, unless he is an active administrator at this moment.
async fn check_administrator(tx: &mut Tx<'_>, tenant: &Account, user: Id) -> Result<(), Error> {
    let holder = tx.user(tenant.id, user).await?;
    if holder.is_some_and(|user| user.placement.is_admin && user.placement.status == Status::Active.to_string()) {
        return Ok(());
    }
    let bodies = tx.some_active_admins(tenant.id, 3).await?;
    let name = |body: String| {
        let body: Value = from_json(&body).ok()?;
        body.get("displayName").or(body.get("userName"))?.as_str().map(str::to_owned)
    };
    let names: Vec<String> = bodies.into_iter().filter_map(name).collect();
    let admins = if names.is_empty() { "the account has none at present".to_owned() } else { names.join(", ") };
    Err(Guard::AdminRequired { admins }.into())
}
