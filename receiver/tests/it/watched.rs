//! A store that tells of every change, and fails when it is told to.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use postrider_domain::ports::{
    Accepted, InboxBacklog, InboxClaim, InboxFilter, InboxReport, InboxStore, Lease, RecordedRun,
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
    /// No run is recorded.
    pub(crate) refuses_records: AtomicBool,
    /// Recording takes so long, in milliseconds.
    pub(crate) record_millis: AtomicUsize,
    /// How many runs are being recorded.
    recording: AtomicUsize,
    /// Nothing is put back.
    pub(crate) refuses_releases: AtomicBool,
    /// How often something was to be put back.
    pub(crate) releases: AtomicUsize,
    /// Prolonging a lease never ends.
    pub(crate) prolonging_hangs: AtomicBool,
    /// How often a lease was to be prolonged, and was.
    pub(crate) prolonging: AtomicUsize,
    pub(crate) prolonged: AtomicUsize,
    /// How often that was while a run was recorded.
    pub(crate) prolonged_meanwhile: AtomicUsize,
    /// A claim of this one is refused.
    pub(crate) unclaimable: Mutex<Option<InboxId>>,
    /// What is claimed cannot be read.
    pub(crate) unreadable: AtomicBool,
    /// How many bodies were loaded.
    pub(crate) loaded: AtomicUsize,
    /// How often due work was taken.
    pub(crate) taken: AtomicUsize,
    /// How many lists were made.
    pub(crate) lists: AtomicUsize,
}

fn unavailable(operation: &'static str) -> StoreError {
    StoreError::Unavailable { operation, source: "as planned".into() }
}

impl WatchedStore {
    pub(crate) fn new(store: Arc<dyn InboxStore>) -> Arc<Self> {
        Arc::new(Self {
            store,
            changes: watch::Sender::default(),
            accepting_hangs: AtomicBool::default(),
            lost_records: AtomicUsize::default(),
            refuses_records: AtomicBool::default(),
            record_millis: AtomicUsize::default(),
            recording: AtomicUsize::default(),
            refuses_releases: AtomicBool::default(),
            releases: AtomicUsize::default(),
            prolonging_hangs: AtomicBool::default(),
            prolonging: AtomicUsize::default(),
            prolonged: AtomicUsize::default(),
            prolonged_meanwhile: AtomicUsize::default(),
            unclaimable: Mutex::default(),
            unreadable: AtomicBool::default(),
            loaded: AtomicUsize::default(),
            taken: AtomicUsize::default(),
            lists: AtomicUsize::default(),
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
        wanted_by: Timestamp,
    ) -> Result<InboxClaim, StoreError> {
        let unclaimable = *self.unclaimable.lock().unwrap();
        if unclaimable.is_some_and(|item| items.contains(&item)) {
            self.tell();
            let source = "as planned".into();
            return Err(StoreError::Rejected { operation: "claim_inbox", source });
        }
        let mut claim = self.store.claim_inbox(items, lease, now, wanted_by).await?;
        if self.unreadable.load(Ordering::SeqCst) {
            claim.unreadable.extend(claim.items.drain(..).map(|claimed| claimed.item.id));
        }
        Ok(claim)
    }

    async fn load_inbox_body(&self, item: InboxId) -> Result<Option<Bytes>, StoreError> {
        self.loaded.fetch_add(1, Ordering::SeqCst);
        self.store.load_inbox_body(item).await
    }

    async fn extend_inbox(&self, item: InboxId, lease: Lease) -> Result<bool, StoreError> {
        self.prolonging.fetch_add(1, Ordering::SeqCst);
        self.prolonged_meanwhile.fetch_add(self.recording.load(Ordering::SeqCst), Ordering::SeqCst);
        self.tell();
        if self.prolonging_hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let prolonged = self.store.extend_inbox(item, lease).await;
        self.prolonged.fetch_add(1, Ordering::SeqCst);
        self.tell();
        prolonged
    }

    async fn release_inbox(
        &self,
        item: InboxId,
        token: LeaseToken,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.releases.fetch_add(1, Ordering::SeqCst);
        if self.refuses_releases.load(Ordering::SeqCst) {
            self.tell();
            return Err(unavailable("release_inbox"));
        }
        let released = self.store.release_inbox(item, token, due_at).await;
        self.tell();
        released
    }

    async fn record_run(&self, recorded: &RecordedRun) -> Result<bool, StoreError> {
        if self.refuses_records.load(Ordering::SeqCst) {
            self.tell();
            return Err(unavailable("record_run"));
        }
        self.recording.fetch_add(1, Ordering::SeqCst);
        let millis = self.record_millis.load(Ordering::SeqCst) as u64;
        tokio::time::sleep(Duration::from_millis(millis)).await;
        let applied = self.store.record_run(recorded).await;
        self.recording.fetch_sub(1, Ordering::SeqCst);
        let lost = self
            .lost_records
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        self.tell();
        match lost {
            Ok(_) => Err(unavailable("record_run")),
            Err(_) => applied,
        }
    }

    async fn take_due_inbox(
        &self,
        now: Timestamp,
        next: Timestamp,
        limit: u32,
    ) -> Result<Vec<InboxId>, StoreError> {
        self.taken.fetch_add(1, Ordering::SeqCst);
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
        self.lists.fetch_add(1, Ordering::SeqCst);
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
