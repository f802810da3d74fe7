//! What clients send otherwise than the RFCs say, and what is made of it.

use std::fmt;

/// One such thing. It names attributes and shapes, never a value that could be about a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Quirk {
    /// A stable word, such as `boolean_as_text`.
    pub name: &'static str,
    /// Where it was: an attribute, a schema, a part of the message.
    pub sent: String,
    /// Such as `taken as a boolean`.
    pub made: &'static str,
}

impl Quirk {
    pub fn new(repair: Repair, sent: impl Into<String>) -> Self {
        Self { name: repair.name(), sent: sent.into(), made: repair.made() }
    }
}

macro_rules! repairs {
    ($($repair:ident = $name:literal, $sent:literal, $made:literal;)+) => {
        /// Everything that is repaired, or left aside, when a message is read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Repair {
            $(#[doc = $sent] $repair,)+
        }

        impl Repair {
            pub const ALL: &[Self] = &[$(Self::$repair),+];

            /// The stable word.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$repair => $name,)+
                }
            }

            /// What the client sends.
            pub const fn sends(self) -> &'static str {
                match self {
                    $(Self::$repair => $sent,)+
                }
            }

            /// What is made of it.
            pub const fn made(self) -> &'static str {
                match self {
                    $(Self::$repair => $made,)+
                }
            }

            pub fn by_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|repair| repair.name() == name)
            }
        }
    };
}

repairs! {
    UnknownAttribute = "unknown_attribute", "an attribute that is not in the schema", "ignored";
    UnknownSchema = "unknown_schema", "a URN in schemas that the resource type does not have", "ignored";
    SchemasMissing = "schemas_missing", "a resource without schemas", "taken as a resource of this endpoint";
    SchemaNotListed = "schema_not_listed", "attributes of a schema that schemas does not list", "taken as if it were listed";
    SchemaWithoutObject = "schema_without_object", "the URN of an extension in schemas, and no object for it", "ignored";
    SchemasInExtension = "schemas_in_extension", "schemas inside an extension's object", "ignored";
    PathAsName = "path_as_name", "a dotted or URN-qualified path as the name of a member", "read as a path";
    AttributeWithoutUrn = "attribute_without_urn", "an attribute of an extension without its URN", "taken as that of the extension";
    DotBehindUrn = "dot_behind_urn", "a dot between a URN and the attribute, where a colon belongs", "read as a colon";
    BooleanAsText = "boolean_as_text", "a boolean as text, such as \"False\"", "taken as a boolean";
    NumberAsText = "number_as_text", "a number as text", "taken as a number";
    NumberForText = "number_for_text", "a number where text belongs", "taken as text";
    BooleanForText = "boolean_for_text", "true or false where text belongs", "taken as text";
    EmptyText = "empty_text", "an empty text", "taken as unassigned";
    NullForRemove = "null_for_remove", "null as the value of an add or replace", "taken as a removal";
    TextForObject = "text_for_object", "a text where an object belongs, such as the bare id of a manager", "taken as the object's value";
    ObjectForText = "object_for_text", "an object where a text belongs", "its value or display was taken";
    ValueForList = "value_for_list", "one value where a list belongs", "taken as a list of one";
    ListForValue = "list_for_value", "a list where one value belongs", "its only element was taken";
    JsonInText = "json_in_text", "a role as JSON inside a text", "unpacked";
    SeveralPrimaries = "several_primaries", "several values that are primary", "the last one is primary";
    MessageSchemaMissing = "message_schema_missing", "a PATCH without the URN of a PatchOp in schemas", "taken as a PatchOp";
    BareOperations = "bare_operations", "a list of operations without the message around it", "taken as a PatchOp";
    OperationForList = "operation_for_list", "one operation where a list belongs", "taken as a list of one";
    EmptyOperations = "empty_operations", "a PATCH without operations", "nothing was changed";
    OpInOtherCase = "op_in_other_case", "an op in another case, such as Replace", "read in lower case";
    EmptyPath = "empty_path", "an empty path", "taken as no path";
    ListWithoutPath = "list_without_path", "a list as the value of an operation without a path", "its only element was taken";
    ReadOnlyInPatch = "read_only_in_patch", "id, meta or schemas among what a PATCH writes", "ignored";
    ValuePathWithoutMatch = "value_path_without_match", "a value path that no element matches", "the element was made";
    RemoveWithValue = "remove_with_value", "a remove with a value", "only these values were removed";
    UnknownMember = "unknown_member", "a member whom the account does not have", "skipped";
    GroupsOnUser = "groups_on_user", "groups written on a user", "his memberships were changed";
    UnquotedLiteral = "unquoted_literal", "a value without quotes in a filter", "taken as text or time";
    ComplexAsValue = "complex_as_value", "a comparison with a complex attribute, such as manager eq", "compared with its value";
    ValuePathInFilter = "value_path_in_filter", "a part behind a bracket in a filter, such as emails[type eq \"work\"].value eq", "asked of the same element";
    LoneBackslash = "lone_backslash", "a backslash in a filter's text that begins no escape", "taken as a backslash";
    FilterInAttributes = "filter_in_attributes", "a bracket in attributes or excludedAttributes", "what stands before it was taken";
    RawToken = "raw_token", "a token without the word Bearer", "taken as a bearer token";
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
