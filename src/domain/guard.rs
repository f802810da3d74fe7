//! Guardrails: what the product refuses, with the code that is the same in SCIM and in the admin API.

use super::{Id, RoleCeiling};

/// A refusal. Its text is a sentence that an administrator can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Guard {
    #[error(
        "This would leave {} without an active administrator. Make another user an active administrator first, then repeat this.",
        if *organization { "the organization" } else { "the account" }
    )]
    LastActiveAdmin { organization: bool },
    #[error("An administrator cannot {0} himself. Ask another administrator to do it.")]
    SelfRemoval(&'static str),
    #[error(
        "The user {0} was removed and can no longer be changed. Create the person anew; the new record names the old one."
    )]
    UserRemoved(Id),
    #[error(
        "The e-mail address \"{value}\" belongs to another user already. Find him with the filter emails.value eq \"{value}\" and update him, or send another address."
    )]
    EmailTaken { value: String, holder: Option<Id> },
    #[error(
        "The username \"{value}\" is taken in this organization. Choose another username, or another organization."
    )]
    UsernameTaken { value: String },
    #[error("\"{value}\" is not an e-mail address. Write it as name@example.com.")]
    EmailInvalid { value: String },
    #[error(
        "Every user of this account needs {what}. Map the attribute in the identity provider and push the user again."
    )]
    RequiredMissing { what: &'static str },
    #[error(
        "The user has no organization. Send the organization in urn:ietf:params:scim:schemas:extension:connector:2.0:User:organization, or add a rule to the connection. {known}"
    )]
    OrganizationRequired { known: String },
    #[error("There is no organization \"{name}\" in this account. {known}")]
    OrganizationUnknown { name: String, known: String },
    #[error("The organization still has {count} users. Move them to another organization, then delete it.")]
    OrganizationHasUsers { count: i64 },
    #[error("An organization applies exactly one settings set. Name an existing one in settingsSet.value. {known}")]
    SettingsSetRequired { known: String },
    #[error("The settings set is applied by {count} organizations. Give them another one, then delete it.")]
    SettingsSetInUse { count: i64 },
    #[error("This {0} is the account's default and cannot be deleted.")]
    DefaultProtected(&'static str),
    #[error(
        "This account is in personal mode. Activate organization mode for it (POST /api/v1/account/activate-organization) before users can be provisioned."
    )]
    OrganizationModeRequired,
    #[error("Administrator access is required. Ask an administrator of the account: {admins}.")]
    AdminRequired { admins: String },
    #[error("There is no group \"{name}\" in this account. {known}")]
    GroupUnknown { name: String, known: String },
    #[error(
        "The primary group must be a group that the user is a member of. Add the membership in the same request, or name another group."
    )]
    PrimaryGroupNotMember,
    #[error("This account allows one group per user. Remove the user from his present group first.")]
    SingleGroupMode,
    #[error("The Default group cannot be {0}: whoever is in no other group is in it.")]
    DefaultGroupProtected(&'static str),
    #[error("The group \"{name}\" is archived. Unarchive it before adding members.")]
    GroupArchived { name: String },
    #[error(
        "Groups do not grant roles in this account. Assign roles to users, or let an administrator turn the policy groups.grant_roles on."
    )]
    GroupRolesDisabled,
    #[error(
        "Deleting the group leaves {count} users without any role: {names}. Give them a direct role, or repeat the request with confirm={confirm}."
    )]
    GroupDeleteStripsAccess { count: usize, names: String, confirm: String, users: Vec<Id> },
    #[error("There is no role \"{name}\" in this account. The roles are: {known}.")]
    RoleUnknown { name: String, known: String },
    #[error(
        "This connection may grant roles up to {ceiling} and \"{name}\" is above that. Let an administrator raise the connection's role ceiling or grant the role himself."
    )]
    RoleCeiling { name: String, ceiling: RoleCeiling },
    #[error("The role \"{name}\" is built in and can neither be changed nor deleted. Make a role of your own instead.")]
    RoleBuiltIn { name: String },
    #[error(
        "The role \"{name}\" is given to {users} users and {groups} groups. Take it away from them first, then {what}."
    )]
    RoleInUse { name: String, users: i64, groups: usize, what: &'static str },
    #[error("A user has one role in this account; these are several: {}. Send one.", names.join(", "))]
    RoleCardinality { names: Vec<String> },
    #[error("The feature \"{0}\" is off for this account. An administrator can turn it on in the account's policies.")]
    FeatureDisabled(&'static str),
    #[error("This connection may {0}. Let an administrator of the account change the connection's scope.")]
    OutOfScope(&'static str),
    #[error("The connection administers other groups only.")]
    NotGroupAdmin,
    #[error(
        "A group administrator cannot remove members while users have one group each. Ask an administrator of the account."
    )]
    GroupAdminCannotRemove,
    #[error(
        "A group administrator can only add users who are in the Default group. Ask an administrator of the account."
    )]
    OnlyFromDefaultGroup,
    #[error("Group administrators may not add users in this account. Ask an administrator of the account.")]
    GroupAdminAddDisabled,
    #[error("The primary group can only be changed with authority over the old and the new group.")]
    PrimaryGroupAuthority,
    #[error(
        "The attribute {attribute} is managed by the connection \"{connection}\". Change it in the identity provider."
    )]
    ManagedByIdp { attribute: String, connection: String },
}

impl Guard {
    /// The stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::LastActiveAdmin { .. } => "last_active_admin",
            Self::SelfRemoval(_) => "self_removal",
            Self::UserRemoved(_) => "user_removed",
            Self::EmailTaken { .. } => "email_taken",
            Self::UsernameTaken { .. } => "username_taken",
            Self::EmailInvalid { .. } => "email_invalid",
            Self::RequiredMissing { .. } => "attribute_required",
            Self::OrganizationRequired { .. } => "organization_required",
            Self::OrganizationUnknown { .. } => "organization_unknown",
            Self::OrganizationHasUsers { .. } => "organization_has_users",
            Self::SettingsSetRequired { .. } => "settings_set_required",
            Self::SettingsSetInUse { .. } => "settings_set_in_use",
            Self::DefaultProtected(_) => "default_protected",
            Self::OrganizationModeRequired => "organization_mode_required",
            Self::AdminRequired { .. } => "admin_required",
            Self::GroupUnknown { .. } => "group_unknown",
            Self::PrimaryGroupNotMember => "primary_group_not_member",
            Self::SingleGroupMode => "single_group_mode",
            Self::DefaultGroupProtected(_) => "default_group_protected",
            Self::GroupArchived { .. } => "group_archived",
            Self::GroupRolesDisabled => "group_roles_disabled",
            Self::GroupDeleteStripsAccess { .. } => "group_delete_strips_access",
            Self::RoleUnknown { .. } => "role_unknown",
            Self::RoleCeiling { .. } => "role_ceiling",
            Self::RoleCardinality { .. } => "role_cardinality",
            Self::RoleBuiltIn { .. } => "role_built_in",
            Self::RoleInUse { .. } => "role_in_use",
            Self::FeatureDisabled(_) => "feature_disabled",
            Self::OutOfScope(_) => "out_of_scope",
            Self::NotGroupAdmin => "not_group_admin",
            Self::GroupAdminCannotRemove => "group_admin_cannot_remove",
            Self::OnlyFromDefaultGroup => "only_from_default_group",
            Self::GroupAdminAddDisabled => "group_admin_add_disabled",
            Self::PrimaryGroupAuthority => "primary_group_authority",
            Self::ManagedByIdp { .. } => "managed_by_idp",
        }
    }
}
