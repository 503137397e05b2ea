//! Taking messages from the queues, no more than can be worked on.

use std::sync::Arc;

use postrider_domain::ports::{Consumer, QueueError, Received, Ticket, Verdict};
use postrider_domain::{DeliveryId, causes};
use postrider_wire::queue::DeliveryBatch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::Worker;
use crate::lanes::Lane;

/// What a worker consumes.
pub struct Consumers {
    /// New deliveries.
    pub fresh: Box<dyn Consumer>,
    /// Deliveries that come later: retries, what was held, replays.
    pub retries: Box<dyn Consumer>,
}

/// Delivers what `consumers` bring until `shutdown`, then waits for what is in flight. What was taken
/// and not begun goes back to its queue.
///
/// # Errors
/// When a queue is closed; what is in flight is finished then, too.
pub async fn run(
    worker: Arc<Worker>,
    consumers: Consumers,
    shutdown: CancellationToken,
) -> Result<(), QueueError> {
    let Consumers { mut fresh, mut retries } = consumers;
    let in_flight = TaskTracker::new();
    // One lane alone is half a worker: when one ends, the other one does.
    let either = shutdown.child_token();
    let take = async |consumer: &mut dyn Consumer, lane| {
        let _ends = either.clone().drop_guard();
        take(&worker, consumer, lane, &in_flight, &either).await
    };
    // The consumers live until the last message is settled: the verdicts travel through them.
    let (fresh_ended, retries_ended) =
        tokio::join!(take(&mut *fresh, Lane::Fresh), take(&mut *retries, Lane::Retries));
    in_flight.close();
    in_flight.wait().await;
    fresh_ended.and(retries_ended)
}

async fn take(
    worker: &Arc<Worker>,
    consumer: &mut dyn Consumer,
    lane: Lane,
    in_flight: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<(), QueueError> {
    let slot = || shutdown.run_until_cancelled(worker.slots.take(lane));
    loop {
        // The slot comes before the message: what cannot start yet stays in the queue, where another
        // worker can take it.
        let Some(first) = slot().await else { return Ok(()) };
        let Some(messages) = shutdown.run_until_cancelled(consumer.next(1)).await else {
            return Ok(());
        };
        let mut first = Some(first);
        for (delivery, ticket) in messages?.into_iter().flat_map(|message| worker.open(message)) {
            let slot = match first.take() {
                Some(first) => first,
                None => match slot().await {
                    Some(slot) => slot,
                    None => return Ok(()),
                },
            };
            worker.metrics.taken(lane).inc();
            in_flight.spawn(Arc::clone(worker).deliver(delivery, ticket, slot));
        }
    }
}

impl Worker {
    /// The deliveries that a message names, each with its share in the message.
    fn open(&self, message: Received) -> Vec<(DeliveryId, Ticket)> {
        match DeliveryBatch::decode(&message.body) {
            Ok(DeliveryBatch { ids }) => {
                let metrics = self.metrics.clone();
                let settled = move |verdict| metrics.message_settled(verdict);
                let tickets = Ticket::share(message, ids.len(), settled);
                ids.into_iter().zip(tickets).collect()
            }
            Err(error) => {
                error!(
                    error = %causes(&error),
                    size_bytes = message.body.len(),
                    "a message cannot be read, dead-lettering it"
                );
                self.metrics.message_settled(Verdict::DeadLetter);
                message.dead_letter();
                Vec::new()
            }
        }
    }
}
