//! A store that tells of every change, and fails when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use postrider_domain::ports::{
    Accepted, ClaimedInbox, InboxBacklog, InboxFilter, InboxReport, InboxStore, Lease, RecordedRun,
    StoreError,
};
use postrider_domain::{InboxId, InboxItem, InboxState, LeaseToken, Page, PageRequest, Timestamp};
use tokio::sync::watch;

pub(crate) struct WatchedStore {
    store: Arc<dyn InboxStore>,
    /// Counts the changes.
    pub(crate) changes: watch::Sender<usize>,
    /// Accepting never ends.
    pub(crate) accepting_hangs: AtomicBool,
    /// So many records get no answer, although they are made.
    pub(crate) lost_records: AtomicUsize,
    /// How often a lease was prolonged.
    pub(crate) prolonged: AtomicUsize,
}

impl WatchedStore {
    pub(crate) fn new(store: Arc<dyn InboxStore>) -> Arc<Self> {
        Arc::new(Self {
            store,
            changes: watch::Sender::default(),
            accepting_hangs: AtomicBool::default(),
            lost_records: AtomicUsize::default(),
            prolonged: AtomicUsize::default(),
        })
    }

    fn tell(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }
}

#[async_trait]
impl InboxStore for WatchedStore {
    async fn migrate_inbox(&self) -> Result<(), StoreError> {
        self.store.migrate_inbox().await
    }

    async fn check_inbox(&self) -> Result<(), StoreError> {
        self.store.check_inbox().await
    }

    async fn accept(
        &self,
        items: &[InboxItem],
        rescue_at: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        if self.accepting_hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.store.accept(items, rescue_at).await
    }

    async fn claim_inbox(
        &self,
        items: &[InboxId],
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<ClaimedInbox>, StoreError> {
        self.store.claim_inbox(items, lease, now).await
    }

    async fn extend_inbox(&self, item: InboxId, lease: Lease) -> Result<bool, StoreError> {
        let prolonged = self.store.extend_inbox(item, lease).await;
        self.prolonged.fetch_add(1, Ordering::SeqCst);
        self.tell();
        prolonged
    }

    async fn release_inbox(
        &self,
        item: InboxId,
        token: LeaseToken,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let released = self.store.release_inbox(item, token, now).await;
        self.tell();
        released
    }

    async fn record_run(&self, recorded: &RecordedRun) -> Result<bool, StoreError> {
        let applied = self.store.record_run(recorded).await;
        let lost = self
            .lost_records
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        self.tell();
        match lost {
            Ok(_) => Err(StoreError::Unavailable {
                operation: "record_run",
                source: "as planned".into(),
            }),
            Err(_) => applied,
        }
    }

    async fn take_due_inbox(
        &self,
        now: Timestamp,
        next: Timestamp,
        limit: u32,
    ) -> Result<Vec<InboxId>, StoreError> {
        self.store.take_due_inbox(now, next, limit).await
    }

    async fn inbox_backlog(&self, now: Timestamp) -> Result<InboxBacklog, StoreError> {
        self.store.inbox_backlog(now).await
    }

    async fn list_inbox(
        &self,
        filter: &InboxFilter,
        page: PageRequest,
    ) -> Result<Page<InboxReport>, StoreError> {
        self.store.list_inbox(filter, page).await
    }

    async fn find_inbox(&self, item: InboxId) -> Result<Option<InboxReport>, StoreError> {
        self.store.find_inbox(item).await
    }

    async fn replay_inbox(
        &self,
        item: InboxId,
        now: Timestamp,
    ) -> Result<Option<InboxState>, StoreError> {
        self.store.replay_inbox(item, now).await
    }

    async fn replay_dead_inbox(
        &self,
        filter: &InboxFilter,
        now: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        self.store.replay_dead_inbox(filter, now, limit).await
    }

    async fn remove_inbox(
        &self,
        state: InboxState,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StoreError> {
        let removed = self.store.remove_inbox(state, before, limit).await;
        self.tell();
        removed
    }
}
