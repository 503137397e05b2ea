use async_trait::async_trait;

use super::StoreError;
use crate::{AuditEntry, AuditId, AuditOutcome, Page, PageRequest, UserId};

/// How an act ended.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEnd {
    /// The outcome.
    pub outcome: AuditOutcome,
    /// The status of the answer.
    pub status: Option<u16>,
    /// What it was done to, if that is known better now than when it began.
    pub target: Option<String>,
    /// More about it.
    pub detail: Option<String>,
}

/// Which entries a list shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditFilter {
    /// Only acts of one user.
    pub actor: Option<UserId>,
    /// Only those that ended so.
    pub outcome: Option<AuditOutcome>,
}

/// The audit log (api). Entries are never changed but once, from started to ended, and never
/// removed.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Notes an act that begins, or one that is over already. Durable on return.
    async fn begin_audit(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// Notes how a started act ended; one that ended already stays as it is. Durable on return.
    async fn end_audit(&self, entry: AuditId, end: &AuditEnd) -> Result<(), StoreError>;

    /// A page of entries, newest first.
    async fn list_audit(
        &self,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError>;
}
