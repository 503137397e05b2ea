//! The inbox: received webhooks, in tables of their own.
//!
//! A process that has the sending side as well opens one file once: [`SqliteStore::inbox`] writes on the
//! same connection, where the transactions of both queue up in order. Two connections would wait for
//! each other as two processes do: by asking again and again, the longer apart the longer it takes, so
//! that whoever is busy keeps the other from its turn.

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
use sqlx::migrate::Migrator;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tracing::{info, instrument};

use crate::errors::store_error;
use crate::json::id_list;
use crate::pools::{self, Commit, SqliteStore};
use crate::schema;

/// The schema of the inbox of this version.
pub static INBOX_MIGRATIONS: Migrator = Migrator {
    // An older command line may meet a schema that is ahead of its own.
    ignore_missing: true,
    table_name: Cow::Borrowed("_sqlx_migrations_inbox"),
    ..sqlx::migrate!("../../migrations/sqlite-inbox")
};

/// The inbox in an SQLite file, whatever else is in it. Clones share the connections.
#[derive(Debug, Clone)]
pub struct SqliteInbox {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteInbox {
    /// Opens the file at `location`, a path or a URL like `sqlite:postrider.db`, and creates it and
    /// its folder if they are not there. The schema is that of [`InboxStore::migrate_inbox`]. For a
    /// process that has nothing of the sending side: any other calls [`SqliteStore::inbox`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file cannot be opened, [`StoreError::Rejected`] when it
    /// is not a database, or `location` names none.
    pub async fn connect(location: &str) -> Result<Self, StoreError> {
        let (writer, readers) = pools::open(location).await?;
        Ok(Self { writer, readers })
    }

    /// The inbox in the file of `store`, on its connections.
    pub(crate) fn beside(store: &SqliteStore) -> Self {
        Self { writer: store.writer.clone(), readers: store.readers.clone() }
    }

    /// Closes every connection once the calls that use it are over: those of the store beside it as well.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn write(&self, commit: Commit) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        pools::begin(&self.writer, commit).await
    }
}

#[async_trait]
impl InboxStore for SqliteInbox {
    #[instrument(name = "store.inbox.migrate", skip_all)]
    async fn migrate_inbox(&self) -> Result<(), StoreError> {
        let transaction =
            self.write(Commit::Durable).await.map_err(store_error("migrate_inbox"))?;
        schema::migrate(transaction, &INBOX_MIGRATIONS, "migrate_inbox").await?;
        info!("the schema of the inbox is up to date");
        Ok(())
    }

    #[instrument(name = "store.inbox.check", level = "debug", skip_all)]
    async fn check_inbox(&self) -> Result<(), StoreError> {
        schema::check(&self.readers, &INBOX_MIGRATIONS, "check_inbox").await
    }

    #[instrument(name = "store.inbox.accept", level = "debug", skip_all)]
    async fn accept(
        &self,
        items: &[InboxItem],
        rescue_at: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        accept::accept(self, items, rescue_at).await.map_err(store_error("accept"))
    }

    #[instrument(name = "store.inbox.claim", level = "debug", skip_all)]
    async fn claim_inbox(
        &self,
        items: &[InboxId],
        lease: Lease,
        now: Timestamp,
        wanted_by: Timestamp,
    ) -> Result<InboxClaim, StoreError> {
        let items = id_list(items.iter().map(|item| item.0));
        process::claim(self, &items, lease, now, wanted_by)
            .await
            .map_err(store_error("claim_inbox"))
    }

    #[instrument(name = "store.inbox.load_body", level = "debug", skip_all)]
    async fn load_inbox_body(&self, item: InboxId) -> Result<Option<Bytes>, StoreError> {
        let body = process::load_body(&self.readers, item).await;
        Ok(body.map_err(store_error("load_inbox_body"))?.map(Bytes::from))
    }

    #[instrument(name = "store.inbox.extend", level = "debug", skip_all)]
    async fn extend_inbox(&self, item: InboxId, lease: Lease) -> Result<bool, StoreError> {
        process::extend(self, item, lease).await.map_err(store_error("extend_inbox"))
    }

    #[instrument(name = "store.inbox.release", level = "debug", skip_all)]
    async fn release_inbox(
        &self,
        item: InboxId,
        token: LeaseToken,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        process::release(self, item, token, due_at).await.map_err(store_error("release_inbox"))
    }

    #[instrument(name = "store.inbox.record", level = "debug", skip_all)]
    async fn record_run(&self, recorded: &RecordedRun) -> Result<bool, StoreError> {
        process::record(self, recorded).await.map_err(store_error("record_run"))
    }

    #[instrument(name = "store.inbox.take_due", level = "debug", skip_all)]
    async fn take_due_inbox(
        &self,
        now: Timestamp,
        next: Timestamp,
        limit: u32,
    ) -> Result<Vec<InboxId>, StoreError> {
        process::take_due(self, now, next, limit).await.map_err(store_error("take_due_inbox"))
    }

    #[instrument(name = "store.inbox.backlog", level = "debug", skip_all)]
    async fn inbox_backlog(&self, now: Timestamp) -> Result<InboxBacklog, StoreError> {
        list::backlog(&self.readers, now).await.map_err(store_error("inbox_backlog"))
    }

    #[instrument(name = "store.inbox.list", level = "debug", skip_all)]
    async fn list_inbox(
        &self,
        filter: &InboxFilter,
        page: PageRequest,
    ) -> Result<Page<InboxReport>, StoreError> {
        list::page(&self.readers, filter, page).await.map_err(store_error("list_inbox"))
    }

    #[instrument(name = "store.inbox.find", level = "debug", skip_all)]
    async fn find_inbox(&self, item: InboxId) -> Result<Option<InboxReport>, StoreError> {
        list::find(&self.readers, item).await
    }

    #[instrument(name = "store.inbox.replay", level = "debug", skip_all)]
    async fn replay_inbox(
        &self,
        item: InboxId,
        now: Timestamp,
    ) -> Result<Option<InboxState>, StoreError> {
        settled::replay(self, item, now).await
    }

    #[instrument(name = "store.inbox.replay_dead", level = "debug", skip_all)]
    async fn replay_dead_inbox(
        &self,
        filter: &InboxFilter,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        settled::replay_dead(self, filter, now, limit)
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
        settled::remove(self, state, before, limit).await.map_err(store_error("remove_inbox"))
    }
}

#[cfg(test)]
mod tests;
