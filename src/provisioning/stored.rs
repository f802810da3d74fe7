//! What the columns beside a stored body have to say. `doctor --deep` compares: they are made from the body, and lists find
//! a resource by them.

use super::{Error, profile, users};
use crate::domain::{Name, UserDraft};
use crate::scim::Object;
use crate::scim::schema::ResourceType;
use crate::storage::rows::from_json;

/// A resource other than a user.
#[derive(Debug, Clone)]
pub struct Columns {
    pub display_name: Name,
    pub external_id: Option<String>,
    pub search: String,
}

pub fn user(body: &str) -> Result<UserDraft, Error> {
    users::draft(&from_json(body)?)
}

pub fn columns(body: &str, resource_type: &'static ResourceType) -> Result<Columns, Error> {
    let resource: Object = from_json(body)?;
    Ok(Columns {
        display_name: profile::display_name(&resource)?,
        external_id: profile::external_id(&resource)?,
        search: profile::of(&resource, resource_type).search,
    })
}
