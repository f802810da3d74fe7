//! Organizations and their settings sets.

use super::{Id, Name, Profile};

/// A unit inside an account, as somebody wants it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationDraft {
    /// Unique in the account without regard to case.
    pub display_name: Name,
    pub external_id: Option<String>,
    /// Exactly one; it may serve several organizations.
    pub settings_set: Id,
    pub profile: Profile,
}

/// Sender identity and expiration rules of future sessions, as somebody wants them to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsSetDraft {
    /// Unique in the account without regard to case.
    pub display_name: Name,
    pub external_id: Option<String>,
    pub profile: Profile,
}
