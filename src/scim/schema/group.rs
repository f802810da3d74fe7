//! The core Group (RFC 7643 §4.2).

use super::connector::CONNECTOR_GROUP;
use super::{Attribute, ResourceType, Schema, complex, reference, string};
use crate::scim::urn;

pub static GROUP: ResourceType = ResourceType {
    name: "Group",
    description: "A group of people of the account.",
    endpoint: "/Groups",
    schema: &GROUP_SCHEMA,
    extensions: &[&CONNECTOR_GROUP],
};

static GROUP_SCHEMA: Schema = Schema { id: urn::GROUP, name: "Group", description: "Group", attributes: ATTRIBUTES };

const ATTRIBUTES: &[Attribute] = &[
    string("displayName", "The name of the group, unique in the account.").required().unique(),
    complex("members", MEMBER, "The users in the group.").multi_valued(),
];

// A member's display is not published: it would cost a join for each of 100,000 members, and a copy would be stale.
const MEMBER: &[Attribute] = &[
    string("value", "The id of the member's User.").case_exact().immutable(),
    reference("$ref", &["User"], "The address of the member's User.").immutable().not_filterable(),
    string("type", "Always User.").canonical(&["User"]).immutable(),
];
