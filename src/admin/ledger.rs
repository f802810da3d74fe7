//! The audit trail and the change feed, read.

use super::{Error, Page, Request, Window};
use crate::storage::rows::{AuditRow, EventRow};
use crate::storage::{AuditQuery, Tx};

/// Which entries of the audit trail are wanted.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub subject: Option<String>,
    pub actor: Option<String>,
    pub action: Option<String>,
}

/// The newest first.
pub async fn audit_page(
    tx: &mut Tx<'_>,
    request: &Request,
    window: &Window,
    filter: AuditFilter,
) -> Result<Page<AuditRow>, Error> {
    let AuditFilter { subject, actor, action } = filter;
    let query = AuditQuery { subject, actor, action, before: window.after_id()?, limit: window.rows() };
    let rows = tx.audit(request.caller.account, &query).await?;
    Ok(Page::new(rows, window, |row| row.id.0.to_string()))
}

/// Events behind a sequence number, the oldest first, and where to go on.
pub async fn events_after(
    tx: &mut Tx<'_>,
    request: &Request,
    after: i64,
    limit: i64,
) -> Result<(Vec<EventRow>, i64), Error> {
    let rows = tx.events(request.caller.account, after, limit).await?;
    let next = rows.last().map_or(after, |row| row.sequence);
    Ok((rows, next))
}
