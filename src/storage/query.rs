//! What a reader may ask of the audit trail.

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
