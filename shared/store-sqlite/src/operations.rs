//! Looking after the store itself.

use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{Backlog, Buried, OperationsStore, StoreError};
use postrider_domain::{Removed, RetentionPolicy, Timestamp};
use sqlx::migrate::Migrator;
use tracing::{info, instrument};

use crate::SqliteStore;
use crate::errors::store_error;
use crate::pools::Commit;
use crate::registrations::bury_deliveries;
use crate::schema;

mod retention;
mod sealing;

/// The schema of this version.
pub static MIGRATIONS: Migrator = Migrator {
    // An older command line may meet a schema that is ahead of its own.
    ignore_missing: true,
    ..sqlx::migrate!("../../migrations/sqlite")
};

#[async_trait]
impl OperationsStore for SqliteStore {
    #[instrument(name = "store.operations.migrate", skip_all)]
    async fn migrate(&self) -> Result<(), StoreError> {
        let failed = store_error("migrate");
        let transaction = self.write(Commit::Durable).await.map_err(failed)?;
        schema::migrate(transaction, &MIGRATIONS, "migrate").await?;
        sealing::seal_clear_texts(self).await?;
        info!("the schema is up to date");
        Ok(())
    }

    #[instrument(name = "store.operations.check", level = "debug", skip_all)]
    async fn check(&self) -> Result<(), StoreError> {
        schema::check(&self.readers, &MIGRATIONS, "check").await
    }

    #[instrument(name = "store.operations.backlog", level = "debug", skip_all)]
    async fn backlog(&self, now: Timestamp) -> Result<Backlog, StoreError> {
        let now = now.as_micros();
        let row = sqlx::query!(
            r#"
            SELECT
                (SELECT count(*) FROM (SELECT 1 FROM event_outbox LIMIT $2))
                    AS "undispatched!: i64",
                (SELECT count(*) FROM (
                    SELECT 1 FROM deliveries WHERE state = 'pending' AND wanted_at <= $1 LIMIT $2
                )) AS "wanted!: i64",
                (SELECT count(*) FROM (
                    SELECT 1 FROM deliveries WHERE state = 'pending' AND wanted_at > $1 LIMIT $2
                )) AS "waiting!: i64",
                (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'held' LIMIT $2))
                    AS "held!: i64",
                (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE state = 'dead' LIMIT $2))
                    AS "dead!: i64",
                (SELECT count(*) FROM (
                    SELECT 1 FROM registration_flow WHERE release_at <= $1 LIMIT $2
                )) AS "releasable!: i64",
                (SELECT min(wanted_at) FROM deliveries WHERE state = 'pending' AND wanted_at <= $1)
                    AS "oldest_wanted_at?: i64"
            "#,
            now,
            Backlog::COUNT_LIMIT,
        )
        .fetch_one(&self.readers)
        .await
        .map_err(store_error("backlog"))?;
        let count = |rows: i64| u64::try_from(rows).unwrap_or(0);
        Ok(Backlog {
            undispatched: count(row.undispatched),
            wanted: count(row.wanted),
            waiting: count(row.waiting),
            held: count(row.held),
            dead: count(row.dead),
            releasable: count(row.releasable),
            oldest_wanted_at: row.oldest_wanted_at.map(Timestamp::from_micros),
        })
    }

    #[instrument(name = "store.operations.remove_expired", level = "debug", skip_all)]
    async fn remove_expired(
        &self,
        policy: &RetentionPolicy,
        now: Timestamp,
        limit: u32,
    ) -> Result<Removed, StoreError> {
        retention::remove(self, policy, now, limit).await.map_err(store_error("remove_expired"))
    }

    #[instrument(name = "store.operations.bury", level = "debug", skip_all)]
    async fn bury_deliveries(&self, now: Timestamp, limit: u32) -> Result<Buried, StoreError> {
        bury_deliveries(self, now, limit).await.map_err(store_error("bury_deliveries"))
    }

    #[instrument(name = "store.operations.retention_lag", level = "debug", skip_all)]
    async fn retention_lag(
        &self,
        policy: &RetentionPolicy,
        now: Timestamp,
    ) -> Result<Duration, StoreError> {
        retention::lag(self, policy, now).await.map_err(store_error("retention_lag"))
    }

    #[instrument(name = "store.operations.reseal", level = "debug", skip_all)]
    async fn reseal(&self, limit: u32) -> Result<u64, StoreError> {
        sealing::reseal(self, limit).await
    }

    #[instrument(name = "store.operations.prepare_storage", level = "debug", skip_all)]
    async fn prepare_storage(&self, _now: Timestamp, _ahead: Duration) -> Result<u64, StoreError> {
        Ok(0)
    }
}
