//! The policies of an account: where product guides disagree, a setting with a default; a preset reproduces a guide.

use super::account::words;
use super::{Error, Preset};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    Off,
    On,
}

impl Switch {
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupsMode {
    Multiple,
    Single,
}

/// What becomes of the other group when one-group mode meets a second one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SingleOnAdd {
    Move,
    Reject,
}

/// Where a user goes for whom nothing says an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    Default,
    Reject,
    /// He exists and cannot start sessions.
    Park,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Organization,
    Personal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisibleUsers {
    All,
    DefaultGroup,
}

/// Where there must always be an active administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardScope {
    Account,
    Organization,
}

/// What a group is after DELETE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupDelete {
    Apply,
    Archive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    Direct,
    Invite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    Multiple,
    Single,
}

/// What becomes of a pushed role that the catalogue does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownRoles {
    /// Stored and shown as sent; it grants nothing.
    Keep,
    Reject,
}

/// What a user is after DELETE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserDelete {
    Remove,
    Deactivate,
}

/// What a new user must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// What RFC 7643 requires.
    Rfc,
    /// Given name, family name, e-mail, organization, role.
    Product,
}

/// What discovery says of the product's own model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// Users and groups; of the extensions, only what takes any text is published as writable, because a client that
    /// knows nothing but the schema cannot know the names of organizations and groups.
    Portable,
    /// Every resource type, every attribute as it is.
    Full,
}

words!(Switch, "switch", Off = "off", On = "on");
words!(GroupsMode, "value", Multiple = "multiple", Single = "single");
words!(SingleOnAdd, "value", Move = "move", Reject = "reject");
words!(Fallback, "value", Default = "default", Reject = "reject", Park = "park");
words!(Mode, "value", Organization = "organization", Personal = "personal");
words!(VisibleUsers, "value", All = "all", DefaultGroup = "default_group");
words!(GuardScope, "value", Account = "account", Organization = "organization");
words!(GroupDelete, "value", Apply = "apply", Archive = "archive");
words!(Activation, "value", Direct = "direct", Invite = "invite");
words!(Cardinality, "value", Multiple = "multiple", Single = "single");
words!(UnknownRoles, "value", Keep = "keep", Reject = "reject");
words!(UserDelete, "value", Remove = "remove", Deactivate = "deactivate");
words!(Required, "value", Rfc = "rfc", Product = "product");
words!(Discovery, "value", Portable = "portable", Full = "full");

/// A number of days: at least one, at most a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(pub u16);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Days {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let days = text.parse().ok().filter(|days| (1..=365).contains(days));
        let known = "1 to 365".to_owned();
        days.map(Self).ok_or_else(|| Error::UnknownWord { what: "number of days", value: text.to_owned(), known })
    }
}

/// What a value says of itself, and of which policy it is.
fn wrong_value(key: &'static str, error: Error) -> Error {
    match error {
        Error::UnknownWord { value, known, .. } => Error::PolicyValue { key, value, known },
        other => other,
    }
}

/// One line for each policy: field, type, key, default.
macro_rules! policies {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $key:literal, $default:expr;)+) => {
        /// The policies of one account.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Policies {
            $($(#[$doc])* pub $field: $type,)+
        }

        impl Default for Policies {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl Policies {
            /// Every key, in order.
            pub const KEYS: &[&str] = &[$($key),+];

            /// Sets one policy by its key.
            pub fn set(&mut self, key: &str, value: &str) -> Result<(), Error> {
                match key {
                    $($key => self.$field = value.parse().map_err(|error| wrong_value($key, error))?,)+
                    _ => return Err(Error::UnknownPolicy { key: key.to_owned() }),
                }
                Ok(())
            }

            /// All policies as words.
            pub fn words(&self) -> BTreeMap<&'static str, String> {
                BTreeMap::from([$(($key, self.$field.to_string())),+])
            }
        }
    };
}

policies! {
    /// P-01: members inherit the roles of their groups.
    grant_roles: Switch = "groups.grant_roles", Switch::Off;
    /// P-02.
    groups_mode: GroupsMode = "groups.mode", GroupsMode::Multiple;
    /// P-02b.
    single_on_add: SingleOnAdd = "groups.single_on_add", SingleOnAdd::Move;
    /// P-03.
    fallback: Fallback = "organization.fallback", Fallback::Default;
    /// P-04.
    mode: Mode = "account.mode", Mode::Organization;
    /// P-05: a member who was in Default leaves it; through the group interface only.
    auto_reassign: Switch = "groups.auto_reassign_default", Switch::On;
    /// P-06.
    group_admin_adds: Switch = "group_admin.add_users", Switch::On;
    /// P-06.
    group_admin_sees: VisibleUsers = "group_admin.visible_users", VisibleUsers::All;
    /// P-07.
    last_admin_scope: GuardScope = "guard.last_admin_scope", GuardScope::Account;
    /// P-10: the e-mail check of the admin API for SCIM too.
    unique_email_scim: Switch = "users.unique_email_scim", Switch::Off;
    /// P-12.
    group_delete: GroupDelete = "groups.delete", GroupDelete::Apply;
    /// P-13.
    activation_scim: Activation = "activation.scim", Activation::Direct;
    /// P-13.
    activation_admin: Activation = "activation.admin", Activation::Invite;
    /// P-13.
    activation_import: Activation = "activation.import", Activation::Direct;
    /// P-14.
    invitation_days: Days = "invitation.ttl_days", Days(7);
    /// P-18.
    cardinality: Cardinality = "roles.cardinality", Cardinality::Multiple;
    /// P-18.
    unknown_roles: UnknownRoles = "roles.unknown", UnknownRoles::Keep;
    /// P-19.
    scim_delete: UserDelete = "scim.delete", UserDelete::Remove;
    /// P-23.
    import: Switch = "features.import", Switch::On;
    /// P-23, P-24.
    access_keys: Switch = "features.access_keys", Switch::On;
    /// P-23, P-24.
    folders: Switch = "features.folders", Switch::On;
    /// P-26.
    required: Required = "users.required", Required::Rfc;
    /// P-27.
    show_default_group: Switch = "scim.show_default_group", Switch::Off;
    /// What discovery publishes of the two extensions and of the further resource types.
    discovery: Discovery = "scim.discovery", Discovery::Portable;
}

impl Policies {
    /// What a guide says.
    pub fn of(preset: Preset) -> Self {
        let full = Self { discovery: Discovery::Full, ..Self::default() };
        match preset {
            Preset::Default => Self::default(),
            Preset::Easyink => Self {
                cardinality: Cardinality::Single,
                activation_admin: Activation::Direct,
                fallback: Fallback::Reject,
                unique_email_scim: Switch::On,
                required: Required::Product,
                ..full
            },
            Preset::Acrobat => full,
            Preset::Portal => Self { grant_roles: Switch::On, activation_scim: Activation::Invite, ..full },
            Preset::OrgAdmin => Self { unique_email_scim: Switch::On, activation_scim: Activation::Invite, ..full },
            Preset::BulkHub => full,
        }
    }

    /// Reads what was stored: only what differs from the defaults has to be there.
    pub fn read(stored: &BTreeMap<String, String>) -> Result<Self, Error> {
        let mut policies = Self::default();
        stored.iter().try_for_each(|(key, value)| policies.set(key, value))?;
        Ok(policies)
    }
}
