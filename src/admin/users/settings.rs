//! Which sender and expirations hold for a user, and from where they come.

use super::show::find;
use super::view::Named;
use crate::admin::{Error, Request};
use crate::domain::Id;
use crate::scim::Object;
use crate::storage::Tx;
use crate::storage::rows::from_json;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What future sessions of a user get; all null while he has no organization.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[schema(as = EffectiveSettings)]
#[serde(rename_all = "camelCase")]
pub struct EffectiveSettings {
    pub organization: Option<Named>,
    /// The one that the organization applies.
    pub settings_set: Option<Named>,
    #[schema(value_type = Option<Object>)]
    pub sender: Value,
    #[schema(value_type = Option<Object>)]
    pub expiration: Value,
}

pub async fn effective_settings(tx: &mut Tx<'_>, request: &Request, id: Id) -> Result<EffectiveSettings, Error> {
    let account = request.caller.account;
    let user = find(tx, request, id).await?;
    let Some(organization) = user.placement.organization_id.map(Id::from) else {
        return Ok(EffectiveSettings::default());
    };
    let name = tx.organization_names(account, &[organization]).await?.pop().map(|(_, name, _)| name);
    let mut found = EffectiveSettings {
        organization: name.map(|name| Named { id: organization.to_string(), name }),
        ..EffectiveSettings::default()
    };
    if let Some((_, set)) = tx.settings_sets_of(account, &[organization]).await?.pop() {
        let mut body: Object = from_json(&set.body)?;
        let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
        found.settings_set = Some(Named { id: set.id.0.to_string(), name });
        found.sender = body.shift_remove("sender").unwrap_or_default();
        found.expiration = body.shift_remove("expiration").unwrap_or_default();
    }
    Ok(found)
}
