//! The role catalogue and what roles are made of, to be read: identity providers offer them in their mappings.

use super::{Attribute, ResourceType, Schema, boolean, string};
use crate::scim::urn;

pub static ROLE: ResourceType = ResourceType {
    name: "Role",
    description: "A role of the account's catalogue.",
    endpoint: "/Roles",
    schema: &ROLE_SCHEMA,
    extensions: &[],
};

pub static ENTITLEMENT: ResourceType = ResourceType {
    name: "Entitlement",
    description: "Something that a role allows.",
    endpoint: "/Entitlements",
    schema: &ENTITLEMENT_SCHEMA,
    extensions: &[],
};

static ROLE_SCHEMA: Schema = Schema { id: urn::ROLE, name: "Role", description: "Role", attributes: ROLE_ATTRIBUTES };

static ENTITLEMENT_SCHEMA: Schema = Schema {
    id: urn::ENTITLEMENT,
    name: "Entitlement",
    description: "Entitlement",
    attributes: ENTITLEMENT_ATTRIBUTES,
};

/// The same two under Okta's names.
pub static OKTA: &[&Schema] = &[&OKTA_ROLE, &OKTA_ENTITLEMENT];

static OKTA_ROLE: Schema =
    Schema { id: urn::OKTA_ROLE, name: "Role", description: "Role", attributes: ROLE_ATTRIBUTES };

static OKTA_ENTITLEMENT: Schema = Schema {
    id: urn::OKTA_ENTITLEMENT,
    name: "Entitlement",
    description: "Entitlement",
    attributes: ENTITLEMENT_ATTRIBUTES,
};

const ROLE_ATTRIBUTES: &[Attribute] = &[
    string("value", "What a user's roles.value says.").read_only(),
    string("display", "The name of the role.").read_only(),
    string("displayName", "The name of the role.").read_only(),
    string("type", "Always role.").read_only(),
    string("aliases", "Other names that are understood.").multi_valued().read_only(),
    string("capabilities", "What the role allows.").multi_valued().read_only(),
    boolean("isAdmin", "Whether it makes an administrator.").read_only(),
    boolean("supported", "Whether it can be given.").read_only(),
];

const ENTITLEMENT_ATTRIBUTES: &[Attribute] = &[
    string("value", "What a user's entitlements.value says.").read_only(),
    string("display", "The name of the entitlement.").read_only(),
    string("displayName", "The name of the entitlement.").read_only(),
    string("type", "Always capability.").read_only(),
    boolean("supported", "Whether it can be given.").read_only(),
];
