//! Taking messages from the queue, no more than can be worked on.

use std::sync::Arc;

use postrider_domain::ports::{Consumer, QueueError, Received, Verdict};
use postrider_domain::{DeliveryId, causes};
use postrider_wire::queue::DeliveryBatch;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::Worker;
use crate::ticket::Ticket;

/// Delivers what `consumer` brings until `shutdown`, then waits for what is in flight. What was taken
/// and not begun goes back to the queue.
///
/// # Errors
/// When the queue is closed; what is in flight is finished then, too.
pub async fn run(
    worker: Arc<Worker>,
    mut consumer: Box<dyn Consumer>,
    shutdown: CancellationToken,
) -> Result<(), QueueError> {
    let in_flight = TaskTracker::new();
    // The consumer lives until the last message is settled: the verdicts travel through it.
    let ended = take(&worker, &mut *consumer, &in_flight, &shutdown).await;
    in_flight.close();
    in_flight.wait().await;
    ended
}

async fn take(
    worker: &Arc<Worker>,
    consumer: &mut dyn Consumer,
    in_flight: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<(), QueueError> {
    loop {
        // The slot comes before the message: what cannot start yet stays in the queue, where another
        // worker can take it.
        let Some(slot) = shutdown.run_until_cancelled(worker.slot()).await else { return Ok(()) };
        let Some(messages) = shutdown.run_until_cancelled(consumer.next(1)).await else {
            return Ok(());
        };
        let mut first = Some(slot);
        for (delivery, ticket) in messages?.into_iter().flat_map(|message| worker.open(message)) {
            let slot = match first.take() {
                Some(slot) => slot,
                None => match shutdown.run_until_cancelled(worker.slot()).await {
                    Some(slot) => slot,
                    None => return Ok(()),
                },
            };
            in_flight.spawn(Arc::clone(worker).deliver(delivery, ticket, slot));
        }
    }
}

impl Worker {
    async fn slot(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.slots).acquire_owned().await.expect("slots are never closed")
    }

    /// The deliveries that a message names, each with its share in the message.
    fn open(&self, message: Received) -> Vec<(DeliveryId, Ticket)> {
        match DeliveryBatch::decode(&message.body) {
            Ok(DeliveryBatch { ids }) => {
                let tickets = Ticket::share(message, ids.len(), &self.metrics);
                ids.into_iter().zip(tickets).collect()
            }
            Err(error) => {
                error!(
                    error = %causes(&error),
                    size_bytes = message.body.len(),
                    "a message of the deliveries queue cannot be read, dead-lettering it"
                );
                self.metrics.message_settled(Verdict::DeadLetter);
                message.dead_letter();
                Vec::new()
            }
        }
    }
}
