//! The audit log. Its texts are those of requests, so that they are made storable here: nothing a
//! request says keeps it from being noted.

use async_trait::async_trait;
use postrider_domain::ports::{AuditEnd, AuditFilter, AuditStore, StoreError};
use postrider_domain::{AuditEntry, AuditId, AuditOutcome, Page, PageRequest};
use tracing::instrument;

use crate::PostgresStore;
use crate::errors::store_error;
use crate::rows::{AuditRow, storable};

#[async_trait]
impl AuditStore for PostgresStore {
    #[instrument(name = "store.audit.begin", level = "debug", skip_all)]
    async fn begin_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        sqlx::query!(
            r#"
            INSERT INTO audit (
                id, at, actor_id, actor_name, key_id, action, target, outcome, status, detail,
                address, request_id
            )
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            "#,
            entry.id.0,
            entry.at.to_utc(),
            entry.actor.map(|actor| actor.0),
            storable(&entry.actor_name),
            entry.key.map(|key| key.0),
            storable(&entry.action),
            storable(&entry.target),
            entry.outcome.as_str(),
            entry.status.map(small),
            entry.detail.as_deref().map(storable),
            entry.address.as_deref().map(storable),
            entry.request_id.as_deref().map(storable),
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("begin_audit"))?;
        Ok(())
    }

    #[instrument(name = "store.audit.end", level = "debug", skip_all)]
    async fn end_audit(&self, entry: AuditId, end: &AuditEnd) -> Result<(), StoreError> {
        sqlx::query!(
            r#"
            UPDATE audit
            SET outcome = $2, status = COALESCE($3, status), target = COALESCE($4, target),
                detail = COALESCE($5, detail)
            WHERE id = $1 AND outcome = 'started'
            "#,
            entry.0,
            end.outcome.as_str(),
            end.status.map(small),
            end.target.as_deref().map(storable),
            end.detail.as_deref().map(storable),
        )
        .execute(&self.durable)
        .await
        .map_err(store_error("end_audit"))?;
        Ok(())
    }

    #[instrument(name = "store.audit.list", level = "debug", skip_all)]
    async fn list_audit(
        &self,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let entries = sqlx::query_as!(
            AuditRow,
            r#"
            SELECT
                id, at, actor_id, actor_name, key_id, action, target, outcome, status, detail,
                address, request_id
            FROM audit
            WHERE ($1::uuid IS NULL OR actor_id = $1)
                AND ($2::text IS NULL OR outcome = $2)
                AND ($3::uuid IS NULL OR id < $3)
            ORDER BY id DESC
            LIMIT $4
            "#,
            filter.actor.map(|actor| actor.0),
            filter.outcome.map(AuditOutcome::as_str),
            page.before,
            i64::from(page.limit) + 1,
        )
        .fetch_all(&self.durable)
        .await
        .map_err(store_error("list_audit"))?
        .into_iter()
        .map(AuditEntry::try_from)
        .collect::<Result<_, _>>()?;
        Ok(Page::from_rows(entries, page.limit, |entry| entry.id.0))
    }
}

/// What fits the column; no status comes near its end.
fn small(status: u16) -> i16 {
    i16::try_from(status).unwrap_or(i16::MAX)
}
