//! Message and schema URNs of RFC 7643 §10.3, RFC 7644 §8.2 and of this connector.

pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub const ENTERPRISE_USER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub const CONNECTOR_USER: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:User";
pub const CONNECTOR_GROUP: &str = "urn:ietf:params:scim:schemas:extension:connector:2.0:Group";
pub const ORGANIZATION: &str = "urn:ietf:params:scim:schemas:connector:2.0:Organization";
pub const SETTINGS_SET: &str = "urn:ietf:params:scim:schemas:connector:2.0:SettingsSet";
pub const ROLE: &str = "urn:ietf:params:scim:schemas:core:2.0:Role";
pub const ENTITLEMENT: &str = "urn:ietf:params:scim:schemas:core:2.0:Entitlement";
/// Okta's names for the same two.
pub const OKTA_ROLE: &str = "urn:okta:scim:schemas:core:1.0:Role";
pub const OKTA_ENTITLEMENT: &str = "urn:okta:scim:schemas:core:1.0:Entitlement";
pub const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
pub const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
pub const SERVICE_PROVIDER_CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

pub const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
pub const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub const BULK_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
pub const BULK_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// The part of an error answer that is ours: a stable code, a hint, the request id.
pub const ERROR_DETAIL: &str = "urn:ietf:params:scim:api:messages:connector:2.0:ErrorDetail";
