//! Sending ids and events to their queues.

use std::sync::Arc;

use postrider_domain::ports::{Outgoing, Publisher, QueueError, QueueName};
use postrider_domain::{DeliveryId, Event, causes};
use postrider_wire::cloudevents;
use postrider_wire::queue::DeliveryBatch;
use tracing::warn;

use crate::Metrics;

/// The most ids in one message. Small enough that several workers share a burst, large enough that
/// the broker is not the limit.
const IDS_PER_MESSAGE: usize = 50;

/// Publishes hints. A failure is counted and logged and nothing more: what was not published is due
/// again later.
#[derive(Clone)]
pub(crate) struct IdPublisher {
    publisher: Arc<dyn Publisher>,
    metrics: Metrics,
}

impl IdPublisher {
    pub(crate) fn new(publisher: Arc<dyn Publisher>, metrics: Metrics) -> Self {
        Self { publisher, metrics }
    }

    /// Tells the workers of `deliveries`, by the queue for new ones or that for later ones.
    pub(crate) async fn publish_deliveries(&self, queue: QueueName, deliveries: &[DeliveryId]) {
        let messages = deliveries
            .chunks(IDS_PER_MESSAGE)
            .map(|ids| Outgoing {
                routing_key: String::new(),
                content_type: "application/json",
                body: DeliveryBatch { ids: ids.to_vec() }.encode(),
            })
            .collect();
        self.publish(queue, messages).await;
    }

    /// Tells the dispatchers, and whoever else listens, of `events`.
    pub(crate) async fn publish_events(&self, events: &[Event]) {
        let messages = events
            .iter()
            .map(|event| Outgoing {
                routing_key: cloudevents::routing_key(event),
                content_type: cloudevents::CONTENT_TYPE,
                body: cloudevents::encode_event(event),
            })
            .collect();
        self.publish(QueueName::Events, messages).await;
    }

    async fn publish(&self, queue: QueueName, messages: Vec<Outgoing>) {
        if messages.is_empty() {
            return;
        }
        let published: Result<(), QueueError> = self.publisher.publish(queue, messages).await;
        if let Err(error) = published {
            self.metrics.publish_failed(queue);
            warn!(
                queue.name = queue.as_str(),
                error = %causes(&error),
                "could not publish, the scheduler will"
            );
        }
    }
}
