//! The discovery documents (RFC 7643 §5–§7), made from the schema table.

use super::list::PageLimits;
use super::schema::{
    ALL_RESOURCE_TYPES, Attribute, DISCOVERY, Mutability, OKTA, RESOURCE_TYPES, ResourceType, Returned, Schema, Type,
};
use super::urn;
use serde_json::{Value, json};

/// What the server advertises of itself beyond the schema table.
#[derive(Debug, Clone, Copy)]
pub struct Capabilities {
    pub page: PageLimits,
    pub bulk_operations: u64,
    /// Bytes.
    pub bulk_payload: u64,
    /// Seconds.
    pub cursor_timeout: u64,
}

/// Of draft-zollner-scim-interop-profile. Clients with a closed model of the document stop at it, so it is there only
/// where it is true.
const PROFILE: &str = "interopProfileConformant";

/// `/ServiceProviderConfig` (RFC 7643 §5, RFC 9865 §4).
pub fn service_provider_config(capabilities: &Capabilities, base_url: &str, publication: Publication) -> Value {
    let mut document = json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "documentationUri": "https://datatracker.ietf.org/doc/html/rfc7644",
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": capabilities.bulk_operations,
            "maxPayloadSize": capabilities.bulk_payload,
        },
        "filter": { "supported": true, "maxResults": capabilities.page.maximum },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "The token of a connection in the Authorization header",
            "specUri": "https://datatracker.ietf.org/doc/html/rfc6750",
            "primary": true,
        }, {
            "type": "oauth2",
            "name": "OAuth 2.0 client credentials",
            "description": "An access token that an OAuth client of the connection gets at the token endpoint, for its secret or a signed assertion",
            "specUri": "https://datatracker.ietf.org/doc/html/rfc6749#section-4.4",
        }],
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": capabilities.page.default,
            "maxPageSize": capabilities.page.maximum,
            "cursorTimeout": capabilities.cursor_timeout,
        },
        "meta": meta("ServiceProviderConfig", format!("{base_url}/ServiceProviderConfig")),
    });
    if publication.profile {
        document[PROFILE] = true.into();
    }
    document
}

/// How much discovery tells, and under which names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Publication {
    /// The product's own model, too. Without it, what depends on the names of an account is published as read-only: a
    /// client that fills in attributes by their types alone could only write nonsense. It is taken all the same from a
    /// client that was told the names.
    pub model: bool,
    /// Roles and entitlements are resource types under Okta's URNs and not under those of the IETF: Okta asks for no
    /// others.
    pub okta_names: bool,
    /// Every rule of draft-zollner-scim-interop-profile holds.
    pub profile: bool,
}

impl Publication {
    /// Everything there is.
    pub const FULL: Self = Self { model: true, okta_names: false, profile: false };

    fn resource_types(self) -> &'static [&'static ResourceType] {
        if self.model { ALL_RESOURCE_TYPES } else { RESOURCE_TYPES }
    }

    /// Schemas that are listed under another name once more.
    fn aliases(self) -> &'static [&'static Schema] {
        if self.model { OKTA } else { &[] }
    }

    /// The schema under which a resource type is published.
    fn schema_of(self, resource_type: &ResourceType) -> &'static str {
        match resource_type.schema.id {
            urn::ROLE if self.okta_names => urn::OKTA_ROLE,
            urn::ENTITLEMENT if self.okta_names => urn::OKTA_ENTITLEMENT,
            id => id,
        }
    }
}

/// `/ResourceTypes` as single documents.
pub fn resource_types(base_url: &str, publication: Publication) -> Vec<Value> {
    let published = publication.resource_types();
    published.iter().map(|resource_type| resource_type_document(resource_type, base_url, publication)).collect()
}

/// `/Schemas` as single documents: those of the resource types, then those of discovery itself.
pub fn schemas(base_url: &str, publication: Publication) -> Vec<Value> {
    let served = publication.resource_types().iter().flat_map(|resource_type| resource_type.schemas());
    let all = served.chain(publication.aliases().iter().copied()).chain(DISCOVERY.iter().copied());
    all.map(|schema| schema_document(schema, base_url, publication)).collect()
}

/// Every resource type, for a look-up by name: what a resource names in `meta.resourceType` can be looked up.
pub fn known_resource_types(base_url: &str, publication: Publication) -> Vec<Value> {
    resource_types(base_url, Publication { model: true, ..publication })
}

/// Every schema as it is published, for a look-up by URN: what a resource names in `schemas` can be looked up.
pub fn known_schemas(base_url: &str, publication: Publication) -> Vec<Value> {
    let served = ALL_RESOURCE_TYPES.iter().flat_map(|resource_type| resource_type.schemas());
    let all = served.chain(OKTA.iter().copied()).chain(DISCOVERY.iter().copied());
    all.map(|schema| schema_document(schema, base_url, publication)).collect()
}

fn resource_type_document(resource_type: &'static ResourceType, base_url: &str, publication: Publication) -> Value {
    let extensions = resource_type.extensions.iter().map(|schema| json!({ "schema": schema.id, "required": false }));
    json!({
        "schemas": [urn::RESOURCE_TYPE],
        "id": resource_type.name,
        "name": resource_type.name,
        "description": resource_type.description,
        "endpoint": resource_type.endpoint,
        "schema": publication.schema_of(resource_type),
        "schemaExtensions": extensions.collect::<Vec<_>>(),
        "meta": meta("ResourceType", format!("{base_url}/ResourceTypes/{}", resource_type.name)),
    })
}

fn schema_document(schema: &'static Schema, base_url: &str, publication: Publication) -> Value {
    let is_told = |attribute: &&Attribute| attribute.published || (attribute.name == PROFILE && publication.profile);
    let attributes = schema.attributes.iter().filter(is_told).map(|attribute| {
        let document = attribute_document(attribute);
        if attribute.of_the_account && !publication.model { read_only(document) } else { document }
    });
    json!({
        "schemas": [urn::SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": attributes.collect::<Vec<_>>(),
        "meta": meta("Schema", format!("{base_url}/Schemas/{}", schema.id)),
    })
}

/// An attribute that a client may read when it asks for it.
fn read_only(mut document: Value) -> Value {
    document["mutability"] = Mutability::ReadOnly.keyword().into();
    document["returned"] = Returned::Request.keyword().into();
    for sub in document.get_mut("subAttributes").and_then(Value::as_array_mut).into_iter().flatten() {
        sub["mutability"] = Mutability::ReadOnly.keyword().into();
    }
    document
}

/// RFC 7643 §7. Members that say nothing are left out, never null.
fn attribute_document(attribute: &'static Attribute) -> Value {
    let mut document = json!({
        "name": attribute.name,
        "type": attribute.kind.keyword(),
        "multiValued": attribute.multi_valued,
        "description": attribute.description,
        "required": attribute.required,
    });
    if !attribute.canonical_values.is_empty() {
        document["canonicalValues"] = json!(attribute.canonical_values);
    }
    if matches!(attribute.kind, Type::String | Type::Reference | Type::Binary) {
        document["caseExact"] = json!(attribute.case_exact);
    }
    document["mutability"] = json!(attribute.mutability.keyword());
    document["returned"] = json!(attribute.returned.keyword());
    document["uniqueness"] = json!(attribute.uniqueness.keyword());
    if !attribute.reference_types.is_empty() {
        document["referenceTypes"] = json!(attribute.reference_types);
    }
    if !attribute.sub_attributes.is_empty() {
        document["subAttributes"] = attribute.sub_attributes.iter().map(attribute_document).collect();
    }
    document
}

fn meta(resource_type: &str, location: String) -> Value {
    json!({ "resourceType": resource_type, "location": location })
}
