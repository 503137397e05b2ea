//! The inbox: received webhooks, in a schema and with connections of their own.
//!
//! Accepting is one statement and one durable commit for a batch (`accept`). A claim is one statement
//! as well, and touches no index; recording a run is another, in which the lease is checked under the
//! lock of its row (`process`). A row that is locked because it is just being counted as sent again is
//! passed over by claims, as one that another worker claims: a batch holds several such locks at once,
//! and whoever waited for them with others in hand could wait for ever. The scheduler finds it later.

mod accept;
mod list;
mod process;
mod settled;

use std::borrow::Cow;

use async_trait::async_trait;
use bytes::Bytes;
use postrider_domain::inbox::{InboxItem, InboxState};
use postrider_domain::ports::{
    Accepted, InboxBacklog, InboxClaim, InboxFilter, InboxReport, InboxStore, Lease, RecordedRun,
    StoreError,
};
use postrider_domain::{InboxId, LeaseToken, Page, PageRequest, Timestamp};
use sqlx::Connection;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use tracing::{info, instrument};
use uuid::Uuid;

use crate::PoolSettings;
use crate::errors::store_error;
use crate::pools::Pools;
use crate::schema;

/// The schema of the inbox of this version.
pub static INBOX_MIGRATIONS: Migrator = Migrator {
    // During a rolling upgrade an older process meets a schema that is ahead of its own.
    ignore_missing: true,
    table_name: Cow::Borrowed("inbox._sqlx_migrations"),
    create_schemas: Cow::Borrowed(&[Cow::Borrowed("inbox")]),
    ..sqlx::migrate!("../../migrations/postgres-inbox")
};

/// The inbox in a Postgres database, whatever else is in it. Clones share the connections.
#[derive(Debug, Clone)]
pub struct PostgresInbox {
    options: PgConnectOptions,
    /// A commit is on the disk when it returns.
    durable: PgPool,
    /// The same for the statements of the hot path, which all look rows up by key.
    durable_keyed: PgPool,
    /// A commit may be lost in a crash of the database; for work that is then done again.
    relaxed: PgPool,
}

impl PostgresInbox {
    /// Makes the store; connections are opened when they are first needed, so that a process can
    /// start while its database is down. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] when `url` is not the address of a Postgres database.
    pub fn connect(url: &str, settings: PoolSettings) -> Result<Self, StoreError> {
        let Pools { options, durable, durable_keyed, relaxed, .. } = Pools::new(url, settings)?;
        Ok(Self { options, durable, durable_keyed, relaxed })
    }

    /// Closes every connection once the calls that use it are over.
    pub async fn close(&self) {
        self.durable.close().await;
        self.durable_keyed.close().await;
        self.relaxed.close().await;
    }
}

#[async_trait]
impl InboxStore for PostgresInbox {
    #[instrument(name = "store.inbox.migrate", skip_all)]
    async fn migrate_inbox(&self) -> Result<(), StoreError> {
        // Without a limit on how long a statement runs.
        let mut connection = PgConnection::connect_with(&self.options)
            .await
            .map_err(store_error("migrate_inbox"))?;
        schema::migrate(&mut connection, &INBOX_MIGRATIONS, "migrate_inbox").await?;
        info!("the schema of the inbox is up to date");
        Ok(())
    }

    #[instrument(name = "store.inbox.check", level = "debug", skip_all)]
    async fn check_inbox(&self) -> Result<(), StoreError> {
        schema::check(&self.durable, &INBOX_MIGRATIONS, "check_inbox").await
    }

    #[instrument(name = "store.inbox.accept", level = "debug", skip_all)]
    async fn accept(
        &self,
        items: &[InboxItem],
        rescue_at: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        accept::accept(&self.durable_keyed, items, rescue_at).await.map_err(store_error("accept"))
    }

    #[instrument(name = "store.inbox.claim", level = "debug", skip_all)]
    async fn claim_inbox(
        &self,
        items: &[InboxId],
        lease: Lease,
        now: Timestamp,
        wanted_by: Timestamp,
    ) -> Result<InboxClaim, StoreError> {
        let items: Vec<Uuid> = items.iter().map(|item| item.0).collect();
        process::claim(&self.relaxed, &items, lease, now, wanted_by)
            .await
            .map_err(store_error("claim_inbox"))
    }

    #[instrument(name = "store.inbox.load_body", level = "debug", skip_all)]
    async fn load_inbox_body(&self, item: InboxId) -> Result<Option<Bytes>, StoreError> {
        let body = process::load_body(&self.relaxed, item).await;
        Ok(body.map_err(store_error("load_inbox_body"))?.map(Bytes::from))
    }

    #[instrument(name = "store.inbox.extend", level = "debug", skip_all)]
    async fn extend_inbox(&self, item: InboxId, lease: Lease) -> Result<bool, StoreError> {
        process::extend(&self.relaxed, item, lease).await.map_err(store_error("extend_inbox"))
    }

    #[instrument(name = "store.inbox.release", level = "debug", skip_all)]
    async fn release_inbox(
        &self,
        item: InboxId,
        token: LeaseToken,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        process::release(&self.relaxed, item, token, due_at)
            .await
            .map_err(store_error("release_inbox"))
    }

    #[instrument(name = "store.inbox.record", level = "debug", skip_all)]
    async fn record_run(&self, recorded: &RecordedRun) -> Result<bool, StoreError> {
        process::record(&self.durable_keyed, recorded).await.map_err(store_error("record_run"))
    }

    #[instrument(name = "store.inbox.take_due", level = "debug", skip_all)]
    async fn take_due_inbox(
        &self,
        now: Timestamp,
        next: Timestamp,
        limit: u32,
    ) -> Result<Vec<InboxId>, StoreError> {
        process::take_due(&self.relaxed, now, next, limit)
            .await
            .map_err(store_error("take_due_inbox"))
    }

    #[instrument(name = "store.inbox.backlog", level = "debug", skip_all)]
    async fn inbox_backlog(&self, now: Timestamp) -> Result<InboxBacklog, StoreError> {
        list::backlog(&self.relaxed, now).await.map_err(store_error("inbox_backlog"))
    }

    #[instrument(name = "store.inbox.list", level = "debug", skip_all)]
    async fn list_inbox(
        &self,
        filter: &InboxFilter,
        page: PageRequest,
    ) -> Result<Page<InboxReport>, StoreError> {
        list::page(&self.durable, filter, page).await.map_err(store_error("list_inbox"))
    }

    #[instrument(name = "store.inbox.find", level = "debug", skip_all)]
    async fn find_inbox(&self, item: InboxId) -> Result<Option<InboxReport>, StoreError> {
        list::find(&self.durable, item).await
    }

    #[instrument(name = "store.inbox.replay", level = "debug", skip_all)]
    async fn replay_inbox(
        &self,
        item: InboxId,
        now: Timestamp,
    ) -> Result<Option<InboxState>, StoreError> {
        settled::replay(&self.durable_keyed, item, now).await
    }

    #[instrument(name = "store.inbox.replay_dead", level = "debug", skip_all)]
    async fn replay_dead_inbox(
        &self,
        filter: &InboxFilter,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        settled::replay_dead(&self.durable, filter, now, limit)
            .await
            .map_err(store_error("replay_dead_inbox"))
    }

    #[instrument(name = "store.inbox.remove", level = "debug", skip_all)]
    async fn remove_inbox(
        &self,
        state: InboxState,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        settled::remove(&self.relaxed, state, before, limit)
            .await
            .map_err(store_error("remove_inbox"))
    }
}
