//! Attributes and operators as clients write them, for random filters.

/// What of a resource type a filter is made of.
pub struct Names {
    pub texts: &'static [&'static str],
    pub booleans: &'static [&'static str],
    /// Identifiers that exist are met by chance too rarely, so that these are tried with them.
    pub identifiers: &'static [&'static str],
    /// Attributes that are only asked for as a whole.
    pub wholes: &'static [&'static str],
    /// Lists with the parts that a value path may name.
    pub lists: &'static [(&'static str, &'static [&'static str])],
}

pub const USERS: Names = Names {
    texts: TEXTS,
    booleans: BOOLEANS,
    identifiers: &["id", "groups", "groups.value"],
    wholes: &["name", "addresses", "meta", "x509Certificates"],
    lists: LISTS,
};

pub const GROUPS: Names = Names {
    texts: &[
        "displayName",
        "DISPLAYNAME",
        "externalId",
        "members",
        "members.value",
        "members.type",
        "schemas",
        "id",
        "meta.resourceType",
        "urn:ietf:params:scim:schemas:core:2.0:Group:displayName",
        "urn:ietf:params:scim:schemas:core:2.0:Group:members.value",
    ],
    booleans: &[],
    identifiers: &["id", "members", "members.value"],
    wholes: &["members", "meta"],
    lists: &[("members", &["value", "type"])],
};

/// Attributes of users that hold text, as clients write them.
const TEXTS: &[&str] = &[
    "userName",
    "USERNAME",
    "externalId",
    "displayName",
    "nickName",
    "title",
    "userType",
    "profileUrl",
    "locale",
    "name.formatted",
    "name.familyName",
    "Name.givenname",
    "name.middleName",
    "emails",
    "emails.value",
    "emails.type",
    "emails.display",
    "phoneNumbers",
    "phoneNumbers.value",
    "phoneNumbers.type",
    "addresses.locality",
    "addresses.country",
    "addresses.formatted",
    "addresses.type",
    "roles",
    "roles.value",
    "roles.display",
    "photos.value",
    "ims.value",
    "department",
    "employeeNumber",
    "manager",
    "manager.value",
    "schemas",
    "id",
    "groups",
    "groups.value",
    "groups.display",
    "groups.type",
    "meta.resourceType",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "urn:ietf:params:scim:schemas:core:2.0:User:emails.value",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    "URN:ietf:params:scim:schemas:extension:enterprise:2.0:User.costCenter",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
];
const BOOLEANS: &[&str] = &["active", "emails.primary", "phoneNumbers.primary", "addresses.primary", "roles.primary"];
pub const TIMES: &[&str] = &["meta.created", "meta.lastModified", "META.LASTMODIFIED"];
/// What a resource type does not have or an attribute cannot do. One such term spoils every filter around it, so they
/// are rare.
pub const REFUSED: &[&str] = &[
    "nosuch eq \"a\"",
    "active gt true",
    "active eq \"no\"",
    "meta.created eq \"soon\"",
    "meta.lastModified co \"2\"",
    "meta.version pr",
    "name eq \"a\"",
    "x509Certificates.value co \"a\"",
    "members.display pr",
    "emails[primary gt true]",
    "groups[$ref pr]",
    "displayName gt null",
    "displayName eq",
    "emails[type eq \"work\"",
    "displayName eq \"a\\u0000\"",
];
pub const TEXT_OPERATORS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ", "Co"];
pub const ORDERS: &[&str] = &["eq", "ne", "gt", "ge", "lt", "le"];
const LISTS: &[(&str, &[&str])] = &[
    ("emails", &["value", "type", "display"]),
    ("phoneNumbers", &["value", "type", "display"]),
    ("addresses", &["locality", "country", "formatted", "type"]),
    ("roles", &["value", "display", "type"]),
    ("photos", &["value"]),
    ("groups", &["value", "display", "type"]),
];
