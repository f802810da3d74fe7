//! The schemas of the discovery documents themselves (RFC 7643 §5–§7): some clients give up when they are missing.

use super::{Attribute, Schema, boolean, complex, integer, reference, string};
use crate::scim::urn;

pub static DISCOVERY: &[&Schema] = &[&SERVICE_PROVIDER_CONFIG, &RESOURCE_TYPE, &SCHEMA];

static SERVICE_PROVIDER_CONFIG: Schema = Schema {
    id: urn::SERVICE_PROVIDER_CONFIG,
    name: "ServiceProviderConfig",
    description: "What this service provider supports",
    attributes: &[
        reference("documentationUri", &["external"], "Where to read about this server.").read_only(),
        complex("patch", SUPPORTED, "PATCH.").required().read_only(),
        complex("bulk", BULK, "Bulk requests.").required().read_only(),
        complex("filter", FILTER, "Filters.").required().read_only(),
        complex("changePassword", SUPPORTED, "Changing a password.").required().read_only(),
        complex("sort", SUPPORTED, "Sorting.").required().read_only(),
        complex("etag", SUPPORTED, "Versions of resources.").required().read_only(),
        complex("authenticationSchemes", AUTHENTICATION, "How a client proves who it is.")
            .multi_valued()
            .required()
            .read_only(),
        complex("pagination", PAGINATION, "Index and cursor paging.").read_only(),
        boolean("interopProfileConformant", "Whether every rule of draft-zollner-scim-interop-profile holds.")
            .read_only()
            .unpublished(),
    ],
};

const SUPPORTED: &[Attribute] = &[boolean("supported", "Whether it is supported.").required().read_only()];

const BULK: &[Attribute] = &[
    boolean("supported", "Whether it is supported.").required().read_only(),
    integer("maxOperations", "Operations in one request.").required().read_only(),
    integer("maxPayloadSize", "Bytes of one request.").required().read_only(),
];

const FILTER: &[Attribute] = &[
    boolean("supported", "Whether it is supported.").required().read_only(),
    integer("maxResults", "Resources in one answer.").required().read_only(),
];

const AUTHENTICATION: &[Attribute] = &[
    string("type", "The scheme.").required().read_only().canonical(&[
        "oauth",
        "oauth2",
        "oauthbearertoken",
        "httpbasic",
        "httpdigest",
    ]),
    string("name", "The name of the scheme.").required().read_only(),
    string("description", "The scheme in a sentence.").required().read_only(),
    reference("specUri", &["external"], "The specification.").read_only(),
    reference("documentationUri", &["external"], "How to use it here.").read_only(),
    boolean("primary", "Whether this scheme is preferred.").read_only(),
];

const PAGINATION: &[Attribute] = &[
    boolean("cursor", "Whether cursor paging is supported.").required().read_only(),
    boolean("index", "Whether index paging is supported.").required().read_only(),
    string("defaultPaginationMethod", "What a request gets that names neither.")
        .canonical(&["cursor", "index"])
        .read_only(),
    integer("defaultPageSize", "Resources in a page when the request does not say.").read_only(),
    integer("maxPageSize", "Resources in a page at most.").read_only(),
    integer("cursorTimeout", "Seconds for which a cursor is good at least.").read_only(),
];

static RESOURCE_TYPE: Schema = Schema {
    id: urn::RESOURCE_TYPE,
    name: "ResourceType",
    description: "A type of resource that is served",
    attributes: &[
        string("id", "The id of the resource type.").read_only(),
        string("name", "The name of the resource type.").required().read_only(),
        string("description", "The resource type in a sentence.").read_only(),
        reference("endpoint", &["uri"], "Where the resources are, relative to the base URL.").required().read_only(),
        reference("schema", &["uri"], "The URN of the core schema.").required().read_only(),
        complex("schemaExtensions", EXTENSION, "The extensions.").multi_valued().read_only(),
    ],
};

const EXTENSION: &[Attribute] = &[
    reference("schema", &["uri"], "The URN of the extension.").required().read_only(),
    boolean("required", "Whether every resource must have it.").required().read_only(),
];

static SCHEMA: Schema = Schema {
    id: urn::SCHEMA,
    name: "Schema",
    description: "The attributes of a resource and their characteristics",
    attributes: &[
        string("id", "The URN of the schema.").required().read_only(),
        string("name", "The name of the schema.").read_only(),
        string("description", "The schema in a sentence.").read_only(),
        complex("attributes", ATTRIBUTE, "The attributes.").multi_valued().required().read_only(),
    ],
};

const ATTRIBUTE: &[Attribute] = &[
    NAME,
    TYPE,
    MULTI_VALUED,
    DESCRIPTION,
    REQUIRED,
    CANONICAL_VALUES,
    CASE_EXACT,
    MUTABILITY,
    RETURNED,
    UNIQUENESS,
    REFERENCE_TYPES,
    complex("subAttributes", SUB_ATTRIBUTE, "The parts of a complex attribute.").multi_valued().read_only(),
];

const SUB_ATTRIBUTE: &[Attribute] = &[
    NAME,
    TYPE,
    MULTI_VALUED,
    DESCRIPTION,
    REQUIRED,
    CANONICAL_VALUES,
    CASE_EXACT,
    MUTABILITY,
    RETURNED,
    UNIQUENESS,
    REFERENCE_TYPES,
];

const NAME: Attribute = string("name", "The name.").required().read_only().case_exact();
const MULTI_VALUED: Attribute = boolean("multiValued", "Whether it is a list.").required().read_only();
const DESCRIPTION: Attribute = string("description", "The attribute in a sentence.").read_only();
const REQUIRED: Attribute = boolean("required", "Whether it must be present.").read_only();
const CANONICAL_VALUES: Attribute = string("canonicalValues", "Suggested values.").multi_valued().read_only();
const CASE_EXACT: Attribute = boolean("caseExact", "Whether comparisons mind case.").read_only();
const REFERENCE_TYPES: Attribute =
    reference("referenceTypes", &["uri"], "What a reference may point to.").multi_valued().read_only();
const TYPE: Attribute = string("type", "The data type.").required().read_only().canonical(&[
    "string",
    "complex",
    "boolean",
    "decimal",
    "integer",
    "dateTime",
    "reference",
    "binary",
]);
const MUTABILITY: Attribute = string("mutability", "Who may change it, and when.").read_only().canonical(&[
    "readOnly",
    "readWrite",
    "immutable",
    "writeOnly",
]);
const RETURNED: Attribute =
    string("returned", "When it is in an answer.").read_only().canonical(&["always", "never", "default", "request"]);
const UNIQUENESS: Attribute =
    string("uniqueness", "How far it must be unique.").read_only().canonical(&["none", "server", "global"]);
