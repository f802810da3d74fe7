//! The enterprise extension of the User (RFC 7643 §4.3).

use super::{Attribute, Schema, complex, reference, string};
use crate::scim::urn;

pub static ENTERPRISE_USER: Schema = Schema {
    id: urn::ENTERPRISE_USER,
    name: "EnterpriseUser",
    description: "Enterprise User",
    attributes: &[
        string("employeeNumber", "Identifier of the person in the organization."),
        string("costCenter", "Cost center."),
        string("organization", "Name of the organization, as the identity provider knows it."),
        string("division", "Division."),
        string("department", "Department."),
        complex("manager", MANAGER, "The user's manager."),
    ],
};

// A displayName sent by a client is not kept: RFC 7643 §4.3 has it readOnly, and a copy would be stale.
const MANAGER: &[Attribute] = &[
    string("value", "The id of the manager's User.").case_exact(),
    reference("$ref", &["User"], "The address of the manager's User.").not_filterable(),
];
