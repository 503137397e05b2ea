//! A store that fails when it is told to, and watches what is asked of it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::delivery::DeadReason;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::{
    Claimed, DeliveryStore, FlowReport, FlowStore, Lease, OverflowProgress, Overfull, Recorded,
    RegistrationHealth, Released, Store, StoreError,
};
use postrider_domain::{
    BoundedCount, BreakerPolicy, DeliveryId, HealthReport, HoldPolicy, Ids, LeaseToken,
    RegistrationId, Report, Timestamp, Transition, Visibility,
};
use postrider_testkit::clock::MockClock;

/// What goes wrong, and how often.
#[derive(Default)]
pub(crate) struct Faults {
    /// So many claims get no answer.
    pub(crate) unavailable_claims: usize,
    /// So many records get no answer.
    pub(crate) unavailable_records: usize,
    /// So many reports of how receivers do get no answer.
    pub(crate) unavailable_reports: usize,
    /// So many calls that park get no answer.
    pub(crate) unavailable_parks: usize,
    /// What was reported of receivers.
    pub(crate) reported: Vec<Report>,
    /// A claim that names this delivery is refused.
    pub(crate) refused_claim: Option<DeliveryId>,
    /// A record that holds this delivery is refused.
    pub(crate) refused_record: Option<DeliveryId>,
    /// Every claim takes this long.
    pub(crate) slow_claims: Option<(Arc<MockClock>, Duration)>,
    /// Claimed and not recorded yet.
    pub(crate) held: HashSet<DeliveryId>,
    /// The most that were held at a time.
    pub(crate) most_held: usize,
}

pub(crate) struct FaultyStore {
    store: Arc<dyn Store>,
    faults: Arc<Mutex<Faults>>,
}

impl FaultyStore {
    pub(crate) fn new(store: Arc<dyn Store>, faults: Arc<Mutex<Faults>>) -> Self {
        Self { store, faults }
    }
}

#[async_trait]
impl DeliveryStore for FaultyStore {
    async fn claim_deliveries(
        &self,
        deliveries: &[DeliveryId],
        busy: &[RegistrationId],
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        {
            let mut faults = self.faults.lock().unwrap();
            if take_one(&mut faults.unavailable_claims) {
                return Err(unavailable("claim_deliveries"));
            }
            if faults.refused_claim.is_some_and(|refused| deliveries.contains(&refused)) {
                return Err(rejected("claim_deliveries"));
            }
            if let Some((clock, time)) = &faults.slow_claims {
                clock.advance(*time);
            }
        }
        let claimed = self.store.claim_deliveries(deliveries, busy, lease, now).await?;
        let mut faults = self.faults.lock().unwrap();
        faults.held.extend(claimed.iter().map(|claimed| claimed.delivery));
        faults.most_held = faults.most_held.max(faults.held.len());
        Ok(claimed)
    }

    async fn record_attempts(&self, batch: &[Recorded], now: Timestamp) -> Result<(), StoreError> {
        {
            let mut faults = self.faults.lock().unwrap();
            if take_one(&mut faults.unavailable_records) {
                return Err(unavailable("record_attempts"));
            }
            let mut deliveries = batch.iter().map(|recorded| recorded.attempt.delivery);
            if deliveries.any(|delivery| faults.refused_record == Some(delivery)) {
                return Err(rejected("record_attempts"));
            }
        }
        self.store.record_attempts(batch, now).await?;
        let mut faults = self.faults.lock().unwrap();
        for recorded in batch {
            faults.held.remove(&recorded.attempt.delivery);
        }
        Ok(())
    }
}

#[async_trait]
impl FlowStore for FaultyStore {
    async fn park_deliveries(
        &self,
        deliveries: &[(DeliveryId, LeaseToken)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if take_one(&mut self.faults.lock().unwrap().unavailable_parks) {
            return Err(unavailable("park_deliveries"));
        }
        self.store.park_deliveries(deliveries, now).await?;
        let mut faults = self.faults.lock().unwrap();
        for (delivery, _) in deliveries {
            faults.held.remove(delivery);
        }
        Ok(())
    }

    async fn release_held(
        &self,
        policy: &ReleasePolicy,
        now: Timestamp,
        limit: u32,
    ) -> Result<Released, StoreError> {
        self.store.release_held(policy, now, limit).await
    }

    async fn report_health(
        &self,
        reports: &[HealthReport],
        policy: &BreakerPolicy,
        ids: &Ids,
        now: Timestamp,
    ) -> Result<Vec<(RegistrationId, Transition)>, StoreError> {
        {
            let mut faults = self.faults.lock().unwrap();
            if take_one(&mut faults.unavailable_reports) {
                return Err(unavailable("report_health"));
            }
            faults.reported.extend(reports.iter().map(|report| report.report));
        }
        self.store.report_health(reports, policy, ids, now).await
    }

    async fn find_overflow(
        &self,
        policy: &HoldPolicy,
        now: Timestamp,
    ) -> Result<Vec<Overfull>, StoreError> {
        self.store.find_overflow(policy, now).await
    }

    async fn give_up_overflow(
        &self,
        overfull: &[Overfull],
        policy: &HoldPolicy,
        ids: &Ids,
        now: Timestamp,
        limit: u32,
    ) -> Result<OverflowProgress, StoreError> {
        self.store.give_up_overflow(overfull, policy, ids, now, limit).await
    }

    async fn health_of(
        &self,
        visibility: Visibility,
        registrations: &[RegistrationId],
    ) -> Result<Vec<RegistrationHealth>, StoreError> {
        self.store.health_of(visibility, registrations).await
    }

    async fn flow_of(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<FlowReport>, StoreError> {
        self.store.flow_of(visibility, registration).await
    }

    async fn discard_held(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        reason: DeadReason,
        now: Timestamp,
        limit: u32,
    ) -> Result<Option<u64>, StoreError> {
        self.store.discard_held(visibility, registration, reason, now, limit).await
    }

    async fn open_breakers(&self) -> Result<BoundedCount, StoreError> {
        self.store.open_breakers().await
    }
}

fn take_one(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

fn unavailable(operation: &'static str) -> StoreError {
    StoreError::Unavailable { operation, source: "as planned".into() }
}

fn rejected(operation: &'static str) -> StoreError {
    StoreError::Rejected { operation, source: "as planned".into() }
}
