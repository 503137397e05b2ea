//! Parking: what was claimed and has no place goes back to the store, which lets it go again later.

use std::sync::Arc;

use postrider_batcher::{BatchError, Batcher};
use postrider_domain::ports::{StoreError, Verdict};
use postrider_domain::{DeliveryId, LeaseToken, causes};
use tracing::error;

use crate::store::{PatientFlows, verdict_after};
use crate::{Metrics, Tools};

/// Parks deliveries that were claimed.
pub(crate) struct Parking(Batcher<(DeliveryId, LeaseToken), (), StoreError>);

impl Parking {
    pub(crate) fn start(store: PatientFlows, tools: &Tools<'_>) -> Self {
        let attendant = Arc::new(Attendant { store, metrics: tools.metrics.clone() });
        Self(Batcher::start(
            tools.config.claims(),
            tools.tracker,
            |_| 1,
            move |deliveries| Arc::clone(&attendant).park(deliveries),
        ))
    }

    /// Parks a delivery. One that could not be parked is found again when its lease is over.
    pub(crate) async fn park(&self, delivery: DeliveryId, token: LeaseToken) -> Verdict {
        match self.0.submit((delivery, token)).await {
            Ok(()) => Verdict::Ack,
            Err(BatchError::Failed(error)) => verdict_after(&error),
            Err(BatchError::Stopped) => Verdict::Requeue,
        }
    }
}

struct Attendant {
    store: PatientFlows,
    metrics: Metrics,
}

impl Attendant {
    async fn park(
        self: Arc<Self>,
        deliveries: Vec<(DeliveryId, LeaseToken)>,
    ) -> Result<Vec<()>, StoreError> {
        match self.store.park(&deliveries).await {
            Ok(()) => {
                self.metrics.receivers.parked.inc_by(deliveries.len() as u64);
                Ok(vec![(); deliveries.len()])
            }
            Err(error) => {
                error!(
                    error = %causes(&error),
                    deliveries = deliveries.len(),
                    "deliveries cannot be parked"
                );
                Err(error)
            }
        }
    }
}
