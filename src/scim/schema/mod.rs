//! The schema table: every attribute and its characteristics (RFC 7643 §2.2, §7), said once.
//!
//! Discovery, decoding, PATCH, filters, projection and mutability all read these tables; to add an attribute,
//! add a line here and, when it shall be indexed, a column in `storage`.

mod common;
mod connector;
mod discovery;
mod enterprise;
mod group;
mod organization;
mod role;
mod user;

pub use common::COMMON;
pub use connector::{CONNECTOR_GROUP, CONNECTOR_USER};
pub use discovery::DISCOVERY;
pub use group::GROUP;
pub use organization::{ORGANIZATION, SETTINGS_SET};
pub use role::{ENTITLEMENT, OKTA, ROLE};
pub use user::USER;

/// Data types of RFC 7643 §2.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    String,
    Boolean,
    Integer,
    DateTime,
    Reference,
    Binary,
    Complex,
}

impl Type {
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Reference => "reference",
            Self::Binary => "binary",
            Self::Complex => "complex",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    ReadOnly,
    ReadWrite,
    /// Set when the element is made; constrains the element, not membership in the collection.
    Immutable,
    WriteOnly,
}

impl Mutability {
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    Always,
    Never,
    Default,
    Request,
}

impl Returned {
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uniqueness {
    None,
    Server,
}

impl Uniqueness {
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
        }
    }
}

/// One attribute with its characteristics (RFC 7643 §2.2). Built by the `const fn`s below.
#[derive(Debug, PartialEq)]
pub struct Attribute {
    pub name: &'static str,
    pub description: &'static str,
    pub kind: Type,
    pub multi_valued: bool,
    pub required: bool,
    pub case_exact: bool,
    pub mutability: Mutability,
    pub returned: Returned,
    pub uniqueness: Uniqueness,
    /// Suggestions (RFC 7643 §7): other values are accepted.
    pub canonical_values: &'static [&'static str],
    pub reference_types: &'static [&'static str],
    pub sub_attributes: &'static [Attribute],
    /// Whether a filter or `sortBy` may name it; the exceptions are listed in the README.
    pub filterable: bool,
    /// What values mean depends on what the account has, so that a client which knows only the schema cannot write it.
    pub of_the_account: bool,
    /// Whether discovery tells of it.
    pub published: bool,
}

impl Attribute {
    /// The sub-attribute of that name in any case.
    pub fn sub_attribute(&'static self, name: &str) -> Option<&'static Attribute> {
        find(self.sub_attributes, name)
    }

    /// What a complex attribute stands for when it is used as a simple one: `manager eq "x"`, `emails co "x"`.
    pub fn value_attribute(&'static self) -> Option<&'static Attribute> {
        self.sub_attribute("value")
    }

    /// Whether a resource without it is refused before the account is asked. Of an attribute whose values are the
    /// account's own, the refusal names these instead.
    pub fn is_required_by_itself(&self) -> bool {
        self.required && !self.of_the_account
    }

    const fn new(name: &'static str, kind: Type, description: &'static str) -> Self {
        Self {
            name,
            description,
            kind,
            multi_valued: false,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: &[],
            reference_types: &[],
            sub_attributes: &[],
            filterable: true,
            of_the_account: false,
            published: true,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn multi_valued(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    const fn case_exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    const fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }

    const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }

    const fn write_only(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self.filterable = false;
        self
    }

    const fn always_returned(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }

    const fn on_request(mut self) -> Self {
        self.returned = Returned::Request;
        self
    }

    const fn of_the_account(mut self) -> Self {
        self.of_the_account = true;
        self
    }

    const fn unpublished(mut self) -> Self {
        self.published = false;
        self
    }

    const fn canonical(mut self, values: &'static [&'static str]) -> Self {
        self.canonical_values = values;
        self
    }

    const fn not_filterable(mut self) -> Self {
        self.filterable = false;
        self
    }
}

const fn string(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Type::String, description)
}

const fn boolean(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Type::Boolean, description)
}

const fn integer(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Type::Integer, description)
}

const fn date_time(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Type::DateTime, description)
}

/// Binary values are always compared exactly (RFC 7643 §2.3.6).
const fn binary(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Type::Binary, description).case_exact()
}

/// References are always compared exactly (RFC 7643 §2.3.7).
const fn reference(name: &'static str, types: &'static [&'static str], description: &'static str) -> Attribute {
    let mut attribute = Attribute::new(name, Type::Reference, description).case_exact();
    attribute.reference_types = types;
    attribute
}

const fn complex(name: &'static str, subs: &'static [Attribute], description: &'static str) -> Attribute {
    let mut attribute = Attribute::new(name, Type::Complex, description);
    attribute.sub_attributes = subs;
    attribute
}

/// `display` and `primary`, which every multi-valued attribute of RFC 7643 §2.4 has beside its own parts.
const DISPLAY: Attribute = string("display", "A human-readable name, primarily used for display purposes.");
const PRIMARY: Attribute =
    boolean("primary", "Whether this is the preferred value. True appears at most once in the attribute.");

/// A schema: a URN and its attributes (RFC 7643 §7).
#[derive(Debug, PartialEq)]
pub struct Schema {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub attributes: &'static [Attribute],
}

impl Schema {
    /// The attribute of that name in any case.
    pub fn attribute(&'static self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes, name)
    }
}

/// A resource type: where it lives and which schemas describe it (RFC 7643 §6).
#[derive(Debug, PartialEq)]
pub struct ResourceType {
    pub name: &'static str,
    pub description: &'static str,
    /// Relative to the SCIM base URL, with a leading slash.
    pub endpoint: &'static str,
    pub schema: &'static Schema,
    pub extensions: &'static [&'static Schema],
}

/// The resource types of RFC 7643: what a root search looks through.
pub const RESOURCE_TYPES: &[&ResourceType] = &[&USER, &GROUP];

/// What a bulk request may change.
pub const BULK_RESOURCE_TYPES: &[&ResourceType] = &[&USER, &GROUP, &ORGANIZATION, &SETTINGS_SET];

/// Every resource type that is served, in the order of discovery.
pub const ALL_RESOURCE_TYPES: &[&ResourceType] = &[&USER, &GROUP, &ORGANIZATION, &SETTINGS_SET, &ROLE, &ENTITLEMENT];

impl ResourceType {
    /// The core schema, then the extensions.
    pub fn schemas(&'static self) -> impl Iterator<Item = &'static Schema> {
        std::iter::once(self.schema).chain(self.extensions.iter().copied())
    }

    /// An attribute of the core schema or one that every resource has (RFC 7643 §3.1).
    pub fn core_attribute(&'static self, name: &str) -> Option<&'static Attribute> {
        self.schema.attribute(name).or_else(|| find(COMMON, name))
    }

    /// The extension with that URN in any case.
    pub fn extension(&'static self, urn: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// Whether an attribute of the core schema and not of an extension is meant by this schema.
    pub fn is_core(&'static self, schema: &Schema) -> bool {
        schema.id == self.schema.id
    }
}

/// RFC 7643 §2.1: attribute names are case insensitive.
fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
