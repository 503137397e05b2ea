//! Telling the workers of a delivery that was made here, in the background.
//!
//! It is a hint: the delivery is due in the store, where the scheduler finds it when the queue is away.

use std::sync::Arc;

use postrider_domain::ports::{Outgoing, Publisher, QueueName};
use postrider_domain::{DeliveryId, causes};
use postrider_wire::queue::DeliveryBatch;
use tokio_util::task::TaskTracker;
use tracing::warn;

/// Tells workers.
pub(crate) struct Hints {
    publisher: Arc<dyn Publisher>,
    tracker: TaskTracker,
}

impl Hints {
    pub(crate) fn new(publisher: Arc<dyn Publisher>, tracker: TaskTracker) -> Self {
        Self { publisher, tracker }
    }

    /// Tells of a new delivery; never waits.
    pub(crate) fn of_delivery(&self, delivery: DeliveryId) {
        let publisher = Arc::clone(&self.publisher);
        self.tracker.spawn(async move {
            let message = Outgoing {
                routing_key: String::new(),
                content_type: DeliveryBatch::CONTENT_TYPE,
                body: DeliveryBatch { ids: vec![delivery] }.encode(),
            };
            if let Err(error) = publisher.publish(QueueName::Deliveries, vec![message]).await {
                warn!(
                    delivery.id = %delivery,
                    error = %causes(&error),
                    "a delivery could not be published, and is left to the scheduler"
                );
            }
        });
    }
}
