//! Rows of `audit`.

use chrono::{DateTime, Utc};
use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{ApiKeyId, AuditEntry, AuditId, UserId};
use uuid::Uuid;

use crate::errors::corrupt;

/// An entry of the audit log.
pub(crate) struct AuditRow {
    pub(crate) id: Uuid,
    pub(crate) at: DateTime<Utc>,
    pub(crate) actor_id: Option<Uuid>,
    pub(crate) actor_name: String,
    pub(crate) key_id: Option<Uuid>,
    pub(crate) action: String,
    pub(crate) target: String,
    pub(crate) outcome: String,
    pub(crate) status: Option<i16>,
    pub(crate) detail: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        entry(row).map_err(corrupt("audit"))
    }
}

fn entry(row: AuditRow) -> Result<AuditEntry, BoxError> {
    Ok(AuditEntry {
        id: AuditId(row.id),
        at: row.at.into(),
        actor: row.actor_id.map(UserId),
        actor_name: row.actor_name,
        key: row.key_id.map(ApiKeyId),
        action: row.action,
        target: row.target,
        outcome: row.outcome.parse()?,
        status: row.status.map(u16::try_from).transpose()?,
        detail: row.detail,
        address: row.address,
        request_id: row.request_id,
    })
}
