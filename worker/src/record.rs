//! Recording: attempts that end at about the same time share one durable commit.

use std::sync::Arc;

use postrider_batcher::Batcher;
use postrider_domain::causes;
use postrider_domain::ports::{Recorded, StoreError};
use tracing::error;

use crate::metrics::batch_size;
use crate::store::PatientStore;
use crate::{Metrics, Tools};

/// Records attempts; the inner result is that of one attempt.
pub(crate) type Records = Batcher<Recorded, Result<(), StoreError>, StoreError>;

pub(crate) fn start(store: PatientStore, tools: &Tools<'_>) -> Records {
    let recorder = Arc::new(Recorder { store, metrics: tools.metrics.clone() });
    Batcher::start(
        tools.config.records(),
        tools.tracker,
        |_| 1,
        move |attempts| Arc::clone(&recorder).record(attempts),
    )
}

struct Recorder {
    store: PatientStore,
    metrics: Metrics,
}

impl Recorder {
    async fn record(
        self: Arc<Self>,
        attempts: Vec<Recorded>,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        self.metrics.record_batch.observe(batch_size(attempts.len()));
        match self.store.record(&attempts).await {
            Ok(()) => Ok(attempts.iter().map(|_| Ok(())).collect()),
            // One attempt that the store does not take must not keep the others from being recorded:
            // they were made, and would be made again.
            Err(error) if !error.is_transient() && attempts.len() > 1 => {
                Ok(self.record_one_by_one(&attempts).await)
            }
            Err(error) => Err(self.failed(&attempts, error)),
        }
    }

    async fn record_one_by_one(&self, attempts: &[Recorded]) -> Vec<Result<(), StoreError>> {
        let mut results = Vec::with_capacity(attempts.len());
        for attempt in attempts.chunks(1) {
            let result = self.store.record(attempt).await;
            results.push(result.map_err(|error| self.failed(attempt, error)));
        }
        results
    }

    fn failed(&self, attempts: &[Recorded], error: StoreError) -> StoreError {
        self.metrics.record_failures.inc_by(attempts.len() as u64);
        let first = attempts.first().map(|recorded| recorded.attempt.delivery);
        error!(
            error = %causes(&error),
            delivery.id = first.map(tracing::field::display),
            attempts = attempts.len(),
            "attempts cannot be recorded, their deliveries may be sent again"
        );
        error
    }
}
