//! What there is to read, in canonical form.

use crate::domain::{Account, CAPABILITIES, Role};
use crate::scim::Object;
use crate::scim::schema::{ENTITLEMENT, ROLE, ResourceType};
use crate::scim::urn;
use serde_json::{Value, json};

/// A type of which an account has a few resources that no client may write.
pub trait ReadOnly: 'static {
    const RESOURCE_TYPE: &'static ResourceType;

    /// All resources of the account, without `meta`. To Okta the type of an entitlement is the name of its resource type.
    fn all(account: &Account, okta_names: bool) -> Vec<Object>;
}

/// `/Roles`.
pub struct Roles;

impl ReadOnly for Roles {
    const RESOURCE_TYPE: &'static ResourceType = &ROLE;

    fn all(account: &Account, _: bool) -> Vec<Object> {
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
    fn all(account: &Account, okta_names: bool) -> Vec<Object> {
        let mut names: Vec<&str> = CAPABILITIES.to_vec();
        for name in account.catalogue.roles.iter().flat_map(|role| &role.capabilities) {
            if !name.ends_with('*') && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        let kind = if okta_names { ENTITLEMENT.name } else { "capability" };
        names.into_iter().map(|name| entitlement(name, kind)).collect()
    }
}

fn entitlement(capability: &str, kind: &str) -> Object {
    object(json!({
        "schemas": [urn::ENTITLEMENT, urn::OKTA_ENTITLEMENT],
        "id": capability,
        "value": capability,
        "display": capability,
        "displayName": capability,
        "type": kind,
        "supported": true,
    }))
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
