//! The store, called again when it does not answer.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use postrider_domain::ports::{Claimed, DeliveryStore, Lease, Recorded, StoreError, Verdict};
use postrider_domain::{Clock, DeliveryId, Timestamp, causes};
use tracing::warn;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A store whose transient failures are waited out for a while. Both of its calls may be repeated: a
/// lease that nobody knows of runs out, and an attempt is recorded once.
#[derive(Clone)]
pub(crate) struct PatientStore {
    store: Arc<dyn DeliveryStore>,
    clock: Arc<dyn Clock>,
    pauses: ExponentialBuilder,
}

impl PatientStore {
    pub(crate) fn new(
        store: Arc<dyn DeliveryStore>,
        clock: Arc<dyn Clock>,
        retries: usize,
    ) -> Self {
        let pauses = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(retries);
        Self { store, clock, pauses }
    }

    /// Claims `deliveries` with the lease that `lease` makes of the present moment.
    pub(crate) async fn claim(
        &self,
        deliveries: &[DeliveryId],
        lease: impl Fn(Timestamp) -> Lease,
    ) -> Result<(Lease, Vec<Claimed>), StoreError> {
        let claim = || async {
            let now = self.clock.now();
            let lease = lease(now);
            Ok((lease, self.store.claim_deliveries(deliveries, lease, now).await?))
        };
        claim.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }

    /// Records `attempts` in one commit.
    pub(crate) async fn record(&self, attempts: &[Recorded]) -> Result<(), StoreError> {
        let record = || self.store.record_attempts(attempts, self.clock.now());
        record.retry(self.pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }
}

fn warn_of_pause(error: &StoreError, pause: Duration) {
    warn!(
        error = %causes(error),
        pause_ms = pause.as_millis(),
        "the store does not answer, trying again"
    );
}

/// What becomes of a message when the store failed on one of its deliveries.
pub(crate) fn verdict_after(error: &StoreError) -> Verdict {
    if error.is_transient() { Verdict::Requeue } else { Verdict::DeadLetter }
}
