//! The store, called again when it does not answer.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use postrider_domain::ports::{ClaimedInbox, InboxStore, Lease, RecordedRun, StoreError, Verdict};
use postrider_domain::{Clock, InboxId, LeaseToken, Timestamp, causes};
use tracing::warn;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

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
    ) -> Result<(Lease, Vec<ClaimedInbox>), StoreError> {
        let claim = || async {
            let now = self.clock.now();
            let lease = lease(now);
            Ok((lease, self.store.claim_inbox(items, lease, now).await?))
        };
        claim.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }

    /// Records a run; whether what follows from it applied.
    pub(super) async fn record(&self, recorded: &RecordedRun) -> Result<bool, StoreError> {
        let record = || self.store.record_run(recorded);
        record.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }

    /// Puts an item back that was not worked on to its end; it is wanted at `at`.
    pub(super) async fn release(
        &self,
        item: InboxId,
        token: LeaseToken,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let release = || self.store.release_inbox(item, token, at);
        release.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
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

/// What becomes of a message when the store failed on one of its webhooks.
pub(super) fn verdict_after(error: &StoreError) -> Verdict {
    if error.is_transient() { Verdict::Requeue } else { Verdict::DeadLetter }
}
