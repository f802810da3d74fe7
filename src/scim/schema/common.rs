//! Attributes that every resource has (RFC 7643 §3, §3.1). They belong to no schema and are not in `/Schemas`.

use super::{Attribute, complex, date_time, reference, string};

pub const COMMON: &[Attribute] = &[
    reference("schemas", &["uri"], "URNs of the schemas that describe the resource.")
        .multi_valued()
        .read_only()
        .always_returned(),
    string("id", "Identifier given by this server; never changes and is never reused.")
        .case_exact()
        .read_only()
        .always_returned()
        .unique(),
    string("externalId", "Identifier given by the provisioning client.").case_exact(),
    complex("meta", META, "Facts about the resource, kept by this server.").read_only(),
];

const META: &[Attribute] = &[
    string("resourceType", "Name of the resource type.").case_exact().read_only(),
    date_time("created", "When the resource was added.").read_only(),
    date_time("lastModified", "When the resource last changed.").read_only(),
    reference("location", &["uri"], "URI of the resource.").read_only().not_filterable(),
    string("version", "The ETag of the resource.").case_exact().read_only().not_filterable(),
];
