//! The audit log.

use async_trait::async_trait;
use postrider_domain::ports::{AuditEnd, AuditFilter, AuditStore, StoreError};
use postrider_domain::{AuditEntry, AuditId, Page, PageRequest};
use sqlx::SqliteConnection;
use tracing::instrument;

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pools::Commit;

mod list;

#[async_trait]
impl AuditStore for SqliteStore {
    #[instrument(name = "store.audit.begin", level = "debug", skip_all)]
    async fn begin_audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        let failed = store_error("begin_audit");
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        insert(&mut transaction, entry).await.map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.audit.end", level = "debug", skip_all)]
    async fn end_audit(&self, entry: AuditId, end: &AuditEnd) -> Result<(), StoreError> {
        let failed = store_error("end_audit");
        let outcome = end.outcome.as_str();
        let mut transaction = self.write(Commit::Durable).await.map_err(&failed)?;
        sqlx::query!(
            "
            UPDATE audit
            SET outcome = $2, status = coalesce($3, status), target = coalesce($4, target),
                detail = coalesce($5, detail)
            WHERE id = $1 AND outcome = 'started'
            ",
            entry.0,
            outcome,
            end.status,
            end.target,
            end.detail,
        )
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        transaction.commit().await.map_err(failed)
    }

    #[instrument(name = "store.audit.list", level = "debug", skip_all)]
    async fn list_audit(
        &self,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let rows = match (filter.actor, filter.outcome) {
            (Some(actor), outcome) => list::of_actor(&self.readers, actor, outcome, page).await,
            (None, Some(outcome)) => list::of_outcome(&self.readers, outcome, page).await,
            (None, None) => list::all(&self.readers, page).await,
        }
        .map_err(store_error("list_audit"))?;
        let entries = rows.into_iter().map(AuditEntry::try_from).collect::<Result<_, _>>()?;
        Ok(Page::from_rows(entries, page.limit, |entry| entry.id.0))
    }
}

async fn insert(connection: &mut SqliteConnection, entry: &AuditEntry) -> Result<(), sqlx::Error> {
    let (at, outcome) = (entry.at.as_micros(), entry.outcome.as_str());
    let (actor, key) = (entry.actor.map(|actor| actor.0), entry.key.map(|key| key.0));
    sqlx::query!(
        "
        INSERT INTO audit (
            id, at, actor_id, actor_name, key_id, action, target, outcome, status, detail, address,
            request_id
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ",
        entry.id.0,
        at,
        actor,
        entry.actor_name,
        key,
        entry.action,
        entry.target,
        outcome,
        entry.status,
        entry.detail,
        entry.address,
        entry.request_id,
    )
    .execute(connection)
    .await?;
    Ok(())
}
