//! Features that an account can turn off (P-23, P-24).

use super::Request;
use crate::domain::Guard;
use crate::scim::Object;
use crate::scim::schema::Schema;
use serde_json::Value;

/// Refuses to assign folders where the account has none. What was assigned before may stay or go.
pub fn check_folders(request: &Request, extension: &Schema, old: Option<&Object>, new: &Object) -> Result<(), Guard> {
    let folders = |resource: &Object| -> Option<Value> { resource.get(extension.id)?.get("folders").cloned() };
    let assigned = folders(new).filter(|assigned| old.and_then(folders).as_ref() != Some(assigned));
    match assigned {
        Some(_) if !request.caller.tenant.policies.folders.is_on() => Err(Guard::FeatureDisabled("folders")),
        _ => Ok(()),
    }
}
