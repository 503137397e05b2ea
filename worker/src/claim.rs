//! Claiming: deliveries that wait for a claim at the same time share one statement.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use postrider_batcher::Batcher;
use postrider_domain::ports::{Claimed, Lease, StoreError};
use postrider_domain::{DeliveryId, Ids, causes};
use tracing::error;

use crate::metrics::batch_size;
use crate::places::Places;
use crate::store::PatientStore;
use crate::{Metrics, Tools};

/// A delivery and the right to attempt it.
pub(crate) struct Leased {
    pub(crate) claimed: Claimed,
    pub(crate) lease: Lease,
}

/// Claims ids; `None` is one that was passed over.
pub(crate) type Claims = Batcher<DeliveryId, Option<Leased>, StoreError>;

pub(crate) fn start(store: PatientStore, places: Arc<Places>, tools: &Tools<'_>) -> Claims {
    let claimer = Arc::new(Claimer {
        store,
        places,
        ids: tools.ids.clone(),
        lease: tools.config.lease,
        metrics: tools.metrics.clone(),
    });
    Batcher::start(
        tools.config.claims(),
        tools.tracker,
        |_| 1,
        move |deliveries| Arc::clone(&claimer).claim(deliveries),
    )
}

struct Claimer {
    store: PatientStore,
    places: Arc<Places>,
    ids: Ids,
    lease: Duration,
    metrics: Metrics,
}

impl Claimer {
    async fn claim(
        self: Arc<Self>,
        deliveries: Vec<DeliveryId>,
    ) -> Result<Vec<Option<Leased>>, StoreError> {
        let lease = |now| Lease { token: self.ids.next(), until: now + self.lease };
        // What would be parked again need not be claimed.
        let busy = self.places.busy();
        match self.store.claim(&deliveries, &busy, lease).await {
            Ok((lease, claimed)) => Ok(self.hand_out(&deliveries, lease, claimed)),
            Err(error) => {
                self.metrics.claim_failures.inc_by(deliveries.len() as u64);
                error!(
                    error = %causes(&error),
                    deliveries = deliveries.len(),
                    "deliveries cannot be claimed"
                );
                Err(error)
            }
        }
    }

    /// Puts what was claimed in the order of the ids; one that was asked for twice is handed out once.
    fn hand_out(
        &self,
        deliveries: &[DeliveryId],
        lease: Lease,
        claimed: Vec<Claimed>,
    ) -> Vec<Option<Leased>> {
        self.metrics.claim_batch.observe(batch_size(deliveries.len()));
        self.metrics.claimed.inc_by(claimed.len() as u64);
        self.metrics.passed_over.inc_by((deliveries.len() - claimed.len()) as u64);

        let mut claimed: HashMap<DeliveryId, Claimed> =
            claimed.into_iter().map(|claimed| (claimed.delivery, claimed)).collect();
        deliveries
            .iter()
            .map(|delivery| Some(Leased { claimed: claimed.remove(delivery)?, lease }))
            .collect()
    }
}
