//! The policies of an account, and the way out of personal mode.

use super::{Error, Request, own_account, tell};
use crate::domain::{Account, Change, Mode, Subject};
use crate::provisioning::{rename_first_organization, settle, switch_group_roles};
use crate::storage::Tx;
use crate::storage::rows::AccountRow;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Sets policies of the account that asks. What users have already stays as it is: a policy counts for the next change of
/// each, but for `groups.grant_roles`, which makes and unmakes administrators at once.
pub async fn change_policies(
    tx: &mut Tx<'_>,
    request: &Request,
    wanted: &BTreeMap<String, String>,
) -> Result<Account, Error> {
    let before = locked(tx, request).await?;
    let mut after = before.clone();
    for (key, value) in wanted {
        after.policies.set(key, value)?;
    }
    if after.policies == before.policies {
        return Ok(before);
    }
    let changes = changes(&before, &after);
    let policies: BTreeMap<&str, Value> =
        changes.iter().map(|change| (change.field.as_str(), json!({ "from": change.from, "to": change.to }))).collect();
    let data = json!({ "policies": policies });
    save(tx, request, &before, after, "account.updated", changes, data).await
}

/// P-04: leaves personal mode. The first organization is there with its settings set; it gets the name that is asked for.
pub async fn activate_organization(tx: &mut Tx<'_>, request: &Request, name: Option<&str>) -> Result<Account, Error> {
    let before = locked(tx, request).await?;
    if before.policies.mode == Mode::Organization {
        return Err(Error::OrganizationModeActive);
    }
    if let Some(name) = name {
        let holder = tx.organization_by_name(before.id, &crate::expr::fold(name.trim())).await?;
        if let Some(holder) = holder.filter(|holder| holder.0 != before.default_organization) {
            return Err(Error::Exists { what: "organization", name: name.to_owned(), holder: Some(holder.0) });
        }
        rename_first_organization(tx, &request.provisioning(), name).await?;
    }
    let mut after = before.clone();
    after.policies.mode = Mode::Organization;
    let changes = changes(&before, &after);
    let data = json!({ "organization": after.default_organization.to_string() });
    save(tx, request, &before, after, "account.organization_activated", changes, data).await
}

/// The account as it is now, kept from others until the transaction ends.
async fn locked(tx: &mut Tx<'_>, request: &Request) -> Result<Account, Error> {
    tx.lock_account(request.caller.account).await?;
    let account = own_account(tx, request.caller.account).await?;
    request.check_version(account.version)?;
    Ok(account)
}

async fn save(
    tx: &mut Tx<'_>,
    request: &Request,
    before: &Account,
    mut after: Account,
    kind: &'static str,
    changes: Vec<Change>,
    data: Value,
) -> Result<Account, Error> {
    let row = AccountRow::new(&after);
    tx.update_account(after.id, &row.policies, &row.roles).await?;
    after.version += 1;
    tell(tx, request, kind, Subject::new("account", after.id), after.version, changes, data);
    if before.policies.grant_roles != after.policies.grant_roles {
        switch_group_roles(tx, after.id, after.policies.grant_roles.is_on()).await?;
    }
    // The guard is judged by the policies as they will be.
    let mut judged = request.provisioning();
    judged.caller.tenant = Arc::new(after.clone());
    settle(tx, &judged).await?;
    Ok(after)
}

fn changes(before: &Account, after: &Account) -> Vec<Change> {
    let (old, new) = (before.policies.words(), after.policies.words());
    let differ = new.into_iter().zip(old.into_values()).filter(|((_, to), from)| to != from);
    differ
        .map(|((key, to), from)| Change { field: key.to_owned(), from: from.into(), to: to.into(), by: None })
        .collect()
}
