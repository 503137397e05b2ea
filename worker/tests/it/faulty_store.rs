//! A store that fails when it is told to, and watches what is asked of it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{Claimed, DeliveryStore, Lease, Recorded, StoreError};
use postrider_domain::{DeliveryId, Timestamp};
use postrider_testkit::clock::MockClock;

/// What goes wrong, and how often.
#[derive(Default)]
pub(crate) struct Faults {
    /// So many claims get no answer.
    pub(crate) unavailable_claims: usize,
    /// So many records get no answer.
    pub(crate) unavailable_records: usize,
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
    store: Arc<dyn DeliveryStore>,
    faults: Arc<Mutex<Faults>>,
}

impl FaultyStore {
    pub(crate) fn new(store: Arc<dyn DeliveryStore>, faults: Arc<Mutex<Faults>>) -> Self {
        Self { store, faults }
    }
}

#[async_trait]
impl DeliveryStore for FaultyStore {
    async fn claim_deliveries(
        &self,
        deliveries: &[DeliveryId],
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
        let claimed = self.store.claim_deliveries(deliveries, lease, now).await?;
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
