//! The store, called again when it does not answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use postrider_domain::ports::{InboxClaim, InboxStore, Lease, RecordedRun, StoreError};
use postrider_domain::{Clock, InboxId, LeaseToken, Timestamp};
use postrider_runtime::patience::{Patience, until_done};

/// So far from now something may be wanted and is claimed all the same: clocks differ by that much.
const WANTED_EARLY: Duration = Duration::from_secs(5);

/// A store whose transient failures are waited out for a while. Its calls may be repeated: a lease that
/// nobody knows of runs out, and a run is recorded once.
#[derive(Clone)]
pub(super) struct PatientStore {
    store: Arc<dyn InboxStore>,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

impl PatientStore {
    pub(super) fn new(store: Arc<dyn InboxStore>, clock: Arc<dyn Clock>, retries: usize) -> Self {
        Self { store, clock, patience: Patience::new(retries) }
    }

    /// Claims `items` with the lease that `lease` makes of the present moment.
    pub(super) async fn claim(
        &self,
        items: &[InboxId],
        lease: impl Fn(Timestamp) -> Lease,
    ) -> Result<(Lease, InboxClaim), StoreError> {
        let claim = || async {
            let now = self.clock.now();
            let lease = lease(now);
            let wanted_by = now + WANTED_EARLY;
            Ok((lease, self.store.claim_inbox(items, lease, now, wanted_by).await?))
        };
        self.patience.call(claim).await
    }

    /// The body of an item; `None` when there is no such item.
    pub(super) async fn load_body(&self, item: InboxId) -> Result<Option<Bytes>, StoreError> {
        let load = || self.store.load_inbox_body(item);
        self.patience.call(load).await
    }

    /// Records a run; whether what follows from it applied.
    pub(super) async fn record(&self, recorded: &RecordedRun) -> Result<bool, StoreError> {
        let record = || self.store.record_run(recorded);
        self.patience.call(record).await
    }

    /// Puts an item back that was not worked on to its end; it is due at `at`.
    pub(super) async fn release(
        &self,
        item: InboxId,
        token: LeaseToken,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let release = || self.store.release_inbox(item, token, at);
        self.patience.call(release).await
    }

    /// The same until the store does it, whatever it says meanwhile.
    pub(super) async fn release_at_last(&self, item: InboxId, token: LeaseToken, at: Timestamp) {
        until_done(|| self.store.release_inbox(item, token, at)).await;
    }

    /// Prolongs a lease. It is not tried again here: there is a next time soon.
    pub(super) async fn extend(&self, item: InboxId, lease: Lease) -> Result<bool, StoreError> {
        self.store.extend_inbox(item, lease).await
    }
}
