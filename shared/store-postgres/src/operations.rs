//! Looking after the store itself.

use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{Backlog, Buried, OperationsStore, StoreError};
use postrider_domain::{Removed, RetentionPolicy, Timestamp};
use sqlx::migrate::Migrator;
use tracing::{info, instrument};

use crate::PostgresStore;
use crate::errors::store_error;
use crate::registrations::bury_deliveries;
use crate::schema;

mod partitions;
mod retention;
mod sealing;

/// The schema of this version.
pub static MIGRATIONS: Migrator = Migrator {
    // During a rolling upgrade an older process meets a schema that is ahead of its own.
    ignore_missing: true,
    ..sqlx::migrate!("../../migrations/postgres")
};

#[async_trait]
impl OperationsStore for PostgresStore {
    #[instrument(name = "store.operations.migrate", skip_all)]
    async fn migrate(&self) -> Result<(), StoreError> {
        // The migrator holds an advisory lock, so that of several processes one does the work.
        let mut connection = self.unlimited_connection().await.map_err(store_error("migrate"))?;
        schema::migrate(&mut connection, &MIGRATIONS, "migrate").await?;
        let sealed = sealing::seal_the_clear(&self.keyring, &mut connection).await?;
        info!(registrations.sealed = sealed, "the schema is up to date");
        Ok(())
    }

    #[instrument(name = "store.operations.check", level = "debug", skip_all)]
    async fn check(&self) -> Result<(), StoreError> {
        schema::check(&self.durable, &MIGRATIONS, "check").await
    }

    #[instrument(name = "store.operations.backlog", level = "debug", skip_all)]
    async fn backlog(&self, now: Timestamp) -> Result<Backlog, StoreError> {
        let row = sqlx::query!(
            r#"
            SELECT
                (SELECT count(*) FROM (SELECT FROM event_outbox LIMIT $2) AS bounded)
                    AS "undispatched!",
                (SELECT count(*) FROM (
                    SELECT FROM deliveries WHERE state = 'pending' AND wanted_at <= $1 LIMIT $2
                ) AS bounded) AS "wanted!",
                (SELECT count(*) FROM (
                    SELECT FROM deliveries WHERE state = 'pending' AND wanted_at > $1 LIMIT $2
                ) AS bounded) AS "waiting!",
                (SELECT count(*) FROM (
                    SELECT FROM deliveries WHERE state = 'held' LIMIT $2
                ) AS bounded) AS "held!",
                (SELECT count(*) FROM (
                    SELECT FROM deliveries WHERE state = 'dead' LIMIT $2
                ) AS bounded) AS "dead!",
                (SELECT count(*) FROM (
                    SELECT FROM registration_flow WHERE release_at <= $1 LIMIT $2
                ) AS bounded) AS "releasable!",
                (SELECT min(wanted_at) FROM deliveries WHERE state = 'pending' AND wanted_at <= $1)
                    AS oldest_wanted_at
            "#,
            now.to_utc(),
            Backlog::COUNT_LIMIT,
        )
        .fetch_one(&self.relaxed)
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
            oldest_wanted_at: row.oldest_wanted_at.map(Timestamp::from),
        })
    }

    #[instrument(name = "store.operations.prepare_storage", level = "debug", skip_all)]
    async fn prepare_storage(&self, now: Timestamp, ahead: Duration) -> Result<u64, StoreError> {
        partitions::prepare(&self.durable, now, ahead).await.map_err(store_error("prepare_storage"))
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
        bury_deliveries(&self.relaxed, now, limit).await.map_err(store_error("bury_deliveries"))
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
        sealing::seal_anew(&self.keyring, &self.durable, limit).await
    }
}
