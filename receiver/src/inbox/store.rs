//! The store, called again when it does not answer.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use bytes::Bytes;
use postrider_domain::ports::{InboxClaim, InboxStore, Lease, RecordedRun, StoreError};
use postrider_domain::{Clock, InboxId, LeaseToken, Timestamp, causes};
use tracing::warn;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest one where the store is asked until it answers.
const LONGEST_LAST_PAUSE: Duration = Duration::from_mins(1);
/// So far from now something may be wanted and is claimed all the same: clocks differ by that much.
const WANTED_EARLY: Duration = Duration::from_secs(5);

/// A store whose transient failures are waited out for a while. Its calls may be repeated: a lease that
/// nobody knows of runs out, and a run is recorded once.
#[derive(Clone)]
pub(super) struct PatientStore {
    store: Arc<dyn InboxStore>,
    clock: Arc<dyn Clock>,
    pauses: ExponentialBuilder,
}

impl PatientStore {
    pub(super) fn new(store: Arc<dyn InboxStore>, clock: Arc<dyn Clock>, retries: usize) -> Self {
        let pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(retries);
        Self { store, clock, pauses }
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
        claim.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }

    /// The body of an item; `None` when there is no such item.
    pub(super) async fn load_body(&self, item: InboxId) -> Result<Option<Bytes>, StoreError> {
        let load = || self.store.load_inbox_body(item);
        load.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }

    /// Records a run; whether what follows from it applied.
    pub(super) async fn record(&self, recorded: &RecordedRun) -> Result<bool, StoreError> {
        let record = || self.store.record_run(recorded);
        record.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }

    /// Puts an item back that was not worked on to its end; it is due at `at`.
    pub(super) async fn release(
        &self,
        item: InboxId,
        token: LeaseToken,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let release = || self.store.release_inbox(item, token, at);
        release.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }

    /// The same until the store does it, whatever it says meanwhile.
    pub(super) async fn release_at_last(&self, item: InboxId, token: LeaseToken, at: Timestamp) {
        let release = || self.store.release_inbox(item, token, at);
        let pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_LAST_PAUSE)
            .without_max_times();
        release.retry(pauses).notify(warn_of_pause).await.ok();
    }

    /// Prolongs a lease. It is not tried again here: there is a next time soon.
    pub(super) async fn extend(&self, item: InboxId, lease: Lease) -> Result<bool, StoreError> {
        self.store.extend_inbox(item, lease).await
    }
}

fn warn_of_pause(error: &StoreError, pause: Duration) {
    warn!(
        error = %causes(error),
        pause_ms = pause.as_millis(),
        "the store does not answer, trying again"
    );
}
