//! The store, called again when it does not answer.

use std::sync::Arc;

use postrider_domain::ports::{
    Claimed, DeliveryStore, FlowStore, Lease, Recorded, StoreError, Verdict,
};
use postrider_domain::{
    BreakerPolicy, Clock, DeliveryId, HealthReport, Ids, LeaseToken, RegistrationId, Timestamp,
    Transition,
};
use postrider_runtime::Patience;

/// A store whose transient failures are waited out for a while. Both of its calls may be repeated: a
/// lease that nobody knows of runs out, and an attempt is recorded once.
#[derive(Clone)]
pub(crate) struct PatientStore {
    store: Arc<dyn DeliveryStore>,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

impl PatientStore {
    pub(crate) fn new(
        store: Arc<dyn DeliveryStore>,
        clock: Arc<dyn Clock>,
        retries: usize,
    ) -> Self {
        Self { store, clock, patience: Patience::new(retries) }
    }

    /// Claims `deliveries` with the lease that `lease` makes of the present moment; those of the
    /// registrations `busy` are held.
    pub(crate) async fn claim(
        &self,
        deliveries: &[DeliveryId],
        busy: &[RegistrationId],
        lease: impl Fn(Timestamp) -> Lease,
    ) -> Result<(Lease, Vec<Claimed>), StoreError> {
        let claim = || async {
            let now = self.clock.now();
            let lease = lease(now);
            Ok((lease, self.store.claim_deliveries(deliveries, busy, lease, now).await?))
        };
        self.patience.call(claim).await
    }

    /// Records `attempts` in one commit.
    pub(crate) async fn record(&self, attempts: &[Recorded]) -> Result<(), StoreError> {
        let record = || self.store.record_attempts(attempts, self.clock.now());
        self.patience.call(record).await
    }
}

/// The same of what holds deliveries back. Its calls may be repeated, too: what is parked is leased no
/// more, and a breaker that has taken a report passes over the next one like it.
#[derive(Clone)]
pub(crate) struct PatientFlows {
    flows: Arc<dyn FlowStore>,
    clock: Arc<dyn Clock>,
    patience: Patience,
}

impl PatientFlows {
    pub(crate) fn new(flows: Arc<dyn FlowStore>, clock: Arc<dyn Clock>, retries: usize) -> Self {
        Self { flows, clock, patience: Patience::new(retries) }
    }

    /// Puts back what was claimed.
    pub(crate) async fn park(
        &self,
        deliveries: &[(DeliveryId, LeaseToken)],
    ) -> Result<(), StoreError> {
        let park = || self.flows.park_deliveries(deliveries, self.clock.now());
        self.patience.call(park).await
    }

    /// Tells how receivers do, and returns what changed by that.
    pub(crate) async fn report(
        &self,
        reports: &[HealthReport],
        policy: &BreakerPolicy,
        ids: &Ids,
    ) -> Result<Vec<(RegistrationId, Transition)>, StoreError> {
        let report = || self.flows.report_health(reports, policy, ids, self.clock.now());
        self.patience.call(report).await
    }
}

/// What becomes of a message when the store failed on one of its deliveries.
pub(crate) fn verdict_after(error: &StoreError) -> Verdict {
    if error.is_transient() { Verdict::Requeue } else { Verdict::DeadLetter }
}
