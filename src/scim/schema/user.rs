//! The core User (RFC 7643 §4.1).

use super::connector::CONNECTOR_USER;
use super::enterprise::ENTERPRISE_USER;
use super::{Attribute, DISPLAY, PRIMARY, ResourceType, Schema, binary, boolean, complex, reference, string};
use crate::scim::urn;

pub static USER: ResourceType = ResourceType {
    name: "User",
    description: "A person of the account.",
    endpoint: "/Users",
    schema: &USER_SCHEMA,
    // The connector's is the last one, so that `render` can write into it without reading the rest.
    extensions: &[&ENTERPRISE_USER, &CONNECTOR_USER],
};

static USER_SCHEMA: Schema =
    Schema { id: urn::USER, name: "User", description: "User Account", attributes: ATTRIBUTES };

const ATTRIBUTES: &[Attribute] = &[
    string("userName", "The login name, unique in the account.").required().unique(),
    complex("name", NAME, "The components of the name."),
    string("displayName", "The name suitable for display to end users."),
    string("nickName", "The casual way to address the user."),
    reference("profileUrl", &["external"], "Location of the user's online profile."),
    string("title", "The user's title, such as Vice President."),
    string("userType", "How the organization relates to the user, such as Contractor or Employee."),
    string("preferredLanguage", "Preferred written or spoken languages, as in an Accept-Language header."),
    string("locale", "Default location for localizing currency, dates and numbers."),
    string("timezone", "The user's time zone in IANA form, such as America/Los_Angeles."),
    boolean("active", "Whether the user may sign in and work."),
    string("password", "Accepted and ignored: this product does not keep passwords.").case_exact().write_only(),
    complex("emails", EMAIL, "E-mail addresses of the user.").multi_valued(),
    complex("phoneNumbers", PHONE, "Phone numbers of the user, kept as they were sent.").multi_valued(),
    complex("ims", IM, "Instant messaging addresses of the user.").multi_valued(),
    complex("photos", PHOTO, "Addresses of photos of the user.").multi_valued(),
    complex("addresses", ADDRESS, "Physical mailing addresses of the user.").multi_valued(),
    complex("groups", MEMBERSHIP, "Groups the user belongs to; changed through the Group resource.")
        .multi_valued()
        .read_only(),
    complex("entitlements", ENTITLEMENT, "Things the user has a right to.").multi_valued(),
    complex("roles", ROLE, "Roles of the user.").multi_valued(),
    complex("x509Certificates", CERTIFICATE, "Certificates issued to the user.").multi_valued(),
];

const NAME: &[Attribute] = &[
    string("formatted", "The full name, formatted for display."),
    string("familyName", "The family name, or last name in most Western languages."),
    string("givenName", "The given name, or first name in most Western languages."),
    string("middleName", "The middle names."),
    string("honorificPrefix", "Title such as Ms. or Dr."),
    string("honorificSuffix", "Suffix such as III."),
];

const EMAIL: &[Attribute] = &[
    string("value", "The address. Case is kept and ignored in comparisons."),
    DISPLAY,
    string("type", "What the address is used for.").canonical(&["work", "home", "other"]),
    PRIMARY,
];

const PHONE: &[Attribute] = &[
    string("value", "The number."),
    DISPLAY,
    string("type", "What the number is used for.").canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IM: &[Attribute] = &[
    string("value", "The messaging address."),
    DISPLAY,
    string("type", "The messaging service.").canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTO: &[Attribute] = &[
    reference("value", &["external"], "The address of the photo."),
    DISPLAY,
    string("type", "The kind of photo.").canonical(&["photo", "thumbnail"]),
    PRIMARY,
];

const ADDRESS: &[Attribute] = &[
    string("formatted", "The full address, formatted for display or a label."),
    string("streetAddress", "Street, house number, and what else a delivery needs."),
    string("locality", "City or locality."),
    string("region", "State or region."),
    string("postalCode", "Postal code."),
    string("country", "Country."),
    string("type", "What the address is used for.").canonical(&["work", "home", "other"]),
    PRIMARY,
];

const MEMBERSHIP: &[Attribute] = &[
    string("value", "The id of the group.").case_exact().read_only(),
    reference("$ref", &["Group"], "The address of the group.").read_only().not_filterable(),
    string("display", "The displayName of the group.").read_only(),
    string("type", "How the user belongs to the group.").canonical(&["direct", "indirect"]).read_only(),
];

const ENTITLEMENT: &[Attribute] = &[
    string("value", "The entitlement."),
    DISPLAY,
    string("type", "The kind of entitlement.").canonical(&["capability"]),
    PRIMARY,
];

const ROLE: &[Attribute] =
    &[string("value", "The role."), DISPLAY, string("type", "The kind of role.").canonical(&["role"]), PRIMARY];

const CERTIFICATE: &[Attribute] = &[
    binary("value", "The certificate: DER, base64 encoded."),
    DISPLAY,
    string("type", "What the certificate is used for.").canonical(&["work", "home", "other"]),
    PRIMARY,
];
