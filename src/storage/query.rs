//! What a reader may ask of the audit trail and the provisioning log.

use crate::domain::Id;

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    pub subject: Option<String>,
    pub actor: Option<String>,
    pub action: Option<String>,
    /// Entries before this one.
    pub before: Option<Id>,
    pub limit: i64,
}

/// Which entries of the provisioning log are wanted.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// Entries before this one.
    pub before: Option<Id>,
    /// This one and those behind it.
    pub since: Option<Id>,
    pub request: Option<Id>,
    /// The least and the greatest.
    pub status: Option<(i32, i32)>,
    pub outcome: Option<String>,
    pub method: Option<String>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub code: Option<String>,
    /// The name of a quirk.
    pub quirk: Option<String>,
    /// A part of the path.
    pub path: Option<String>,
    pub limit: i64,
}
