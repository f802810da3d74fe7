//! The account that the key belongs to.

use super::Problem;
use super::read::Read;
use super::write::Write;
use crate::admin::{self, Asked, Done, Error, Tx};
use crate::domain::{Account, Id};
use crate::scim::time;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
#[serde(rename_all = "camelCase")]
pub struct View {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    /// The product guide that the account follows.
    preset: String,
    /// Every policy with its value.
    policies: BTreeMap<&'static str, String>,
    /// Where users are without another word.
    default_organization: Named,
    /// Where users are who are in no other group.
    default_group: Named,
    #[schema(format = DateTime)]
    created_at: String,
    version: i64,
}

/// Something with its name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Named {
    #[schema(format = "uuid")]
    id: String,
    name: String,
}

impl Named {
    fn new(id: Id, name: Option<String>) -> Self {
        Self { id: id.to_string(), name: name.unwrap_or_default() }
    }
}

/// Policies to set; those that are left out stay.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AccountChange)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// By key, such as `groups.grant_roles`. GET shows all keys; a wrong value is refused with those there are.
    #[schema(value_type = BTreeMap<String, String>)]
    policies: BTreeMap<String, Value>,
}

/// The way out of personal mode.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Activation)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    /// The name of the first organization, unique in the account; it keeps the name it has when this is left out.
    organization: Option<String>,
}

async fn view(tx: &mut Tx<'_>, account: Account) -> Result<View, Error> {
    let names = admin::default_names(tx, &account).await?;
    Ok(View {
        id: account.id.to_string(),
        name: account.name.text,
        preset: account.preset.to_string(),
        policies: account.policies.words(),
        default_organization: Named::new(account.default_organization, names.organization),
        default_group: Named::new(account.default_group, names.group),
        created_at: time::format(account.created),
        version: account.version,
    })
}

/// Read the account
#[utoipa::path(get, path = "/account", tag = "account",
    responses((status = 200, description = "The account", body = View)))]
pub async fn read(read: Read) -> Result<Response, Problem> {
    let work = read.run(async |tx, request| {
        let account = admin::own_account(tx, request.caller.account).await?;
        view(tx, account).await
    });
    work.await
}

/// Set policies
///
/// They count for the next request on every replica. What users have already stays until the next change of each: after
/// `roles.cardinality` or `groups.mode` has become `single`, whoever has several roles or groups keeps them until he gets
/// another one. `groups.grant_roles` alone counts for everybody at once, because it makes and unmakes administrators; the
/// change is refused when it would leave none (`last_active_admin`) or would demote who asks (`self_removal`).
#[utoipa::path(patch, path = "/account", tag = "account", request_body = Change,
    responses((status = 200, description = "The account", body = View)))]
pub async fn change(write: Write<Change>) -> Result<Response, Problem> {
    let work = write.run(async |tx, Asked { request, body }| {
        let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let wanted = body.policies.iter().map(|(key, value)| (key.clone(), word(value))).collect();
        let account = admin::change_policies(tx, request, &wanted).await?;
        Ok(Done::ok(&view(tx, account).await?))
    });
    work.await
}

/// Leave personal mode
///
/// Users, groups and the SCIM interface become available with the next request. 409 `organization_mode_active` when the
/// account is in organization mode already.
#[utoipa::path(post, path = "/account/activate-organization", tag = "account", operation_id = "activateOrganization",
    request_body = Activate, responses((status = 200, description = "The account", body = View)))]
pub async fn activate(write: Write<Activate>) -> Result<Response, Problem> {
    let work = write.run(async |tx, Asked { request, body }| {
        let account = admin::activate_organization(tx, request, body.organization.as_deref()).await?;
        Ok(Done::ok(&view(tx, account).await?))
    });
    work.await
}
