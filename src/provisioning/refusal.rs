//! Broken rules as SCIM answers (RFC 7644 §3.12): the one place that chooses status, `scimType`, code and sentence.

use super::Error;
use crate::domain::{Error as Rule, Guard};
use crate::scim::{ScimType, urn};
use crate::storage::Error as Storage;
use serde_json::{Value, json};

/// An error answer, before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub scim_type: Option<ScimType>,
    /// A stable word for programs, where the status does not say it all.
    pub code: Option<&'static str>,
    /// A sentence that an administrator can act on.
    pub detail: String,
    /// Seconds after which it is worth trying again.
    pub retry_after: Option<u32>,
}

impl Refusal {
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, code: None, detail: detail.into(), retry_after: None }
    }

    fn with(status: u16, scim_type: ScimType, code: &'static str, detail: impl Into<String>) -> Self {
        Self { scim_type: Some(scim_type), code: Some(code), ..Self::new(status, detail) }
    }

    /// The message. Code and request id are added only where there is a code: strict clients take the plain error
    /// schema alone for 401, 404 and 405, and the id is in a header of every answer.
    /// `base_url` is that of the SCIM interface.
    pub fn body(&self, request_id: &str, base_url: &str) -> Value {
        let mut body = json!({ "schemas": [urn::ERROR], "status": self.status.to_string() });
        if let Some(scim_type) = self.scim_type {
            body["scimType"] = scim_type.keyword().into();
        }
        body["detail"] = self.detail.as_str().into();
        if let Some(code) = self.code {
            body["schemas"] = json!([urn::ERROR, urn::ERROR_DETAIL]);
            body[urn::ERROR_DETAIL] = json!({
                "code": code,
                "requestId": request_id,
                "log": format!("{}/api/v1/log/{request_id}", base_url.trim_end_matches("/scim/v2")),
            });
        }
        body
    }
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        match error {
            Error::Scim(error) => Self::with(400, error.scim_type, code_of(error.scim_type), error.detail.clone()),
            Error::Domain(rule) => match rule {
                Rule::TooLong { .. }
                | Rule::Empty { .. }
                | Rule::UnknownWord { .. }
                | Rule::UnknownPolicy { .. }
                | Rule::PolicyValue { .. }
                | Rule::NotANetwork { .. }
                | Rule::OutOfRange { .. }
                | Rule::RoleTaken { .. } => Self::with(400, ScimType::InvalidValue, "value_invalid", rule.to_string()),
            },
            Error::Guard(guard) => from_guard(guard),
            Error::NotFound { resource_type, id } => Self::new(
                404,
                format!(
                    "There is no {resource_type} with the id \"{id}\". It was deleted, or it never was in this account."
                ),
            ),
            Error::Taken { code, resource_type, attribute, value } => Self::with(
                409,
                ScimType::Uniqueness,
                code,
                format!(
                    "{} {resource_type} with the {attribute} \"{value}\" exists already. Find it with the filter \
                     {attribute} eq \"{value}\" and update it, or choose another {attribute}.",
                    if resource_type.starts_with('O') { "An" } else { "A" }
                ),
            ),
            Error::VersionConflict => Self {
                code: Some("version_conflict"),
                ..Self::new(412, "The resource has changed since it was read. Read it again and repeat the change.")
            },
            Error::UnknownMembers(ids) => {
                let (some, rest) = ids.split_at(ids.len().min(5));
                let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
                let detail = format!(
                    "These members are not users of this account: {}{more}. Provision the users first. Nothing was changed.",
                    some.join(", ")
                );
                Self::with(400, ScimType::InvalidValue, "member_unknown", detail)
            }
            Error::NotMember(id) => Self::with(
                400,
                ScimType::InvalidValue,
                "member_unknown",
                format!(
                    "The user {id} is not a member of this group. Add the member first, then set his flags. Nothing was changed."
                ),
            ),
            Error::GroupAsMember => Self::with(
                400,
                ScimType::InvalidValue,
                "group_as_member",
                "A group cannot be a member of a group here. Send the users of the inner group as members. Nothing was changed.",
            ),
            Error::TooLarge { what, limit } => Self {
                code: Some("too_large"),
                ..Self::new(
                    413,
                    format!("The request is too large: at most {limit} {what} are taken at once. Split it."),
                )
            },
            Error::Unauthorized(detail) => Self::new(401, *detail),
            Error::AddressNotAllowed(address) => Self {
                code: Some("address_not_allowed"),
                ..Self::new(
                    403,
                    format!(
                        "The connection may not be used from the address {address}. An administrator allows addresses with \
                         PATCH /api/v1/connections/{{id}}, settings.allowedAddresses."
                    ),
                )
            },
            Error::IssuerOutOfReach(detail) => {
                Self { code: Some("issuer_unreachable"), retry_after: Some(5), ..Self::new(503, *detail) }
            }
            Error::NotImplemented(detail) => Self::new(501, *detail),
            Error::Storage(error) => Self::from(error),
        }
    }
}

fn from_guard(guard: &Guard) -> Refusal {
    let (status, scim_type) = match guard {
        // To a connection a removed user never was.
        Guard::UserRemoved(_) => (404, None),
        Guard::EmailTaken { .. } | Guard::UsernameTaken { .. } => (409, Some(ScimType::Uniqueness)),
        Guard::OrganizationHasUsers { .. }
        | Guard::SettingsSetInUse { .. }
        | Guard::GroupDeleteStripsAccess { .. }
        | Guard::RoleBuiltIn { .. }
        | Guard::RoleInUse { .. } => (409, None),
        Guard::EmailInvalid { .. }
        | Guard::RequiredMissing { .. }
        | Guard::OrganizationRequired { .. }
        | Guard::OrganizationUnknown { .. }
        | Guard::SettingsSetRequired { .. }
        | Guard::GroupUnknown { .. }
        | Guard::PrimaryGroupNotMember
        | Guard::SingleGroupMode
        | Guard::GroupArchived { .. }
        | Guard::RoleUnknown { .. }
        | Guard::RoleCardinality { .. } => (400, Some(ScimType::InvalidValue)),
        Guard::GroupRolesDisabled => (400, Some(ScimType::Mutability)),
        Guard::LastActiveAdmin { .. }
        | Guard::SelfRemoval(_)
        | Guard::DefaultProtected(_)
        | Guard::OrganizationModeRequired
        | Guard::AdminRequired { .. }
        | Guard::DefaultGroupProtected(_)
        | Guard::RoleCeiling { .. }
        | Guard::FeatureDisabled(_)
        | Guard::OutOfScope(_)
        | Guard::NotGroupAdmin
        | Guard::GroupAdminCannotRemove
        | Guard::OnlyFromDefaultGroup
        | Guard::GroupAdminAddDisabled
        | Guard::PrimaryGroupAuthority
        | Guard::ManagedByIdp { .. } => (403, None),
    };
    Refusal { scim_type, code: Some(guard.code()), ..Refusal::new(status, guard.to_string()) }
}

/// The cause is for the log; the client gets a constant sentence.
impl From<&Storage> for Refusal {
    fn from(error: &Storage) -> Self {
        let (status, code, detail) = match error {
            Storage::Unavailable(_) | Storage::Contention(_) => {
                (503, "database_busy", "The database is busy or out of reach. Nothing was changed; try again shortly.")
            }
            Storage::OutcomeUnknown(_) => (
                503,
                "outcome_unknown",
                "The database went away while the change was being saved. Read the resource before you try again.",
            ),
            Storage::Full(_) => {
                (507, "database_full", "The server has no room to store this. Nothing was changed; tell its operator.")
            }
            Storage::Conflict(_) => {
                (409, "conflict", "Another request changed the same data at the same time. Try again.")
            }
            Storage::Internal(_) => {
                (500, "internal_error", "The server failed. Nothing was changed; tell its operator the request id.")
            }
        };
        let retry_after = (status == 503).then_some(1);
        Self { code: Some(code), retry_after, ..Self::new(status, detail) }
    }
}

/// The stable code of an error of the protocol itself.
const fn code_of(scim_type: ScimType) -> &'static str {
    match scim_type {
        ScimType::InvalidFilter => "filter_invalid",
        ScimType::TooMany => "too_many",
        ScimType::Uniqueness => "conflict",
        ScimType::Mutability => "attribute_read_only",
        ScimType::InvalidSyntax => "syntax_invalid",
        ScimType::InvalidPath => "path_invalid",
        ScimType::NoTarget => "path_without_target",
        ScimType::InvalidValue => "value_invalid",
        ScimType::InvalidVers => "version_invalid",
        ScimType::InvalidCursor => "cursor_invalid",
        ScimType::ExpiredCursor => "cursor_expired",
        ScimType::InvalidCount => "count_invalid",
    }
}
