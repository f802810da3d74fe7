//! What there is to read, in canonical form.

use crate::domain::{Account, CAPABILITIES, Role};
use crate::scim::Object;
use crate::scim::schema::{ENTITLEMENT, ROLE, ResourceType};
use crate::scim::urn;
use serde_json::{Value, json};

/// A type of which an account has a few resources that no client may write.
pub trait ReadOnly: 'static {
    const RESOURCE_TYPE: &'static ResourceType;

    /// All resources of the account, without `meta`.
    fn all(account: &Account) -> Vec<Object>;
}

/// `/Roles`.
pub struct Roles;

impl ReadOnly for Roles {
    const RESOURCE_TYPE: &'static ResourceType = &ROLE;

    fn all(account: &Account) -> Vec<Object> {
        account.catalogue.roles.iter().map(role).collect()
    }
}

fn role(role: &Role) -> Object {
    let mut resource = object(json!({
        "schemas": [urn::ROLE, urn::OKTA_ROLE],
        "id": role.key,
        "value": role.key,
        "display": role.name,
        "displayName": role.name,
        "type": "role",
    }));
    for (name, list) in [("aliases", &role.aliases), ("capabilities", &role.capabilities)] {
        if !list.is_empty() {
            resource.insert(name.to_owned(), json!(list));
        }
    }
    resource.insert("isAdmin".to_owned(), role.is_admin.into());
    resource.insert("supported".to_owned(), true.into());
    resource
}

/// `/Entitlements`.
pub struct Entitlements;

impl ReadOnly for Entitlements {
    const RESOURCE_TYPE: &'static ResourceType = &ENTITLEMENT;

    /// The capabilities of the product, then those that only roles of the account have. A pattern such as `billing.*` is
    /// several of them and none itself.
    fn all(account: &Account) -> Vec<Object> {
        let mut names: Vec<&str> = CAPABILITIES.to_vec();
        for name in account.catalogue.roles.iter().flat_map(|role| &role.capabilities) {
            if !name.ends_with('*') && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names.into_iter().map(entitlement).collect()
    }
}

fn entitlement(capability: &str) -> Object {
    object(json!({
        "schemas": [urn::ENTITLEMENT, urn::OKTA_ENTITLEMENT],
        "id": capability,
        "value": capability,
        "display": capability,
        "displayName": capability,
        "type": "capability",
        "supported": true,
    }))
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
