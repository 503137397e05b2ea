//! Taking messages from the queue, no more than can be worked on.

use std::sync::Arc;

use postrider_domain::ports::{Consumer, QueueError, Received, Ticket, Verdict};
use postrider_domain::{InboxId, causes};
use postrider_wire::queue::InboxBatch;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::process::Inner;

/// Processes what `consumer` brings until `shutdown`, then waits for what is under way.
pub(super) async fn run(
    processor: &Arc<Inner>,
    mut consumer: Box<dyn Consumer>,
    shutdown: CancellationToken,
) -> Result<(), QueueError> {
    // Not a tracker: dropping it ends the tasks, as the end of the process would.
    let mut under_way = JoinSet::new();
    // The queue may end by itself; then what is between two handlers stops here, too.
    let stop = shutdown.child_token();
    let ended = take(processor, &mut *consumer, &mut under_way, &stop).await;
    stop.cancel();
    while let Some(ended) = under_way.join_next().await {
        note_panic(&ended);
    }
    // The consumer lives until here: the verdicts travel through it.
    drop(consumer);
    ended
}

async fn take(
    processor: &Arc<Inner>,
    consumer: &mut dyn Consumer,
    under_way: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> Result<(), QueueError> {
    loop {
        // The slot comes before the message: what cannot start yet stays in the queue, where another
        // processor can take it.
        let Some(slot) = stop.run_until_cancelled(processor.slot()).await else { return Ok(()) };
        let Some(messages) = stop.run_until_cancelled(consumer.next(1)).await else {
            return Ok(());
        };
        let mut first = Some(slot);
        for (item, ticket) in messages?.into_iter().flat_map(|message| processor.open(message)) {
            let slot = match first.take() {
                Some(first) => first,
                None => match stop.run_until_cancelled(processor.slot()).await {
                    Some(slot) => slot,
                    None => return Ok(()),
                },
            };
            if stop.run_until_cancelled(processor.unrecorded.until_clear()).await.is_none() {
                return Ok(());
            }
            under_way.spawn(Arc::clone(processor).process(item, ticket, slot, stop.clone()));
        }
        while let Some(ended) = under_way.try_join_next() {
            note_panic(&ended);
        }
    }
}

/// Handlers that panic are caught where they run, so that this is a bug of ours. The ticket has put the
/// message back, and the scheduler has the webhook.
fn note_panic(ended: &Result<(), JoinError>) {
    if let Err(error) = ended {
        error!(error = %causes(error), "processing a received webhook ended in a panic");
    }
}

impl Inner {
    /// A free slot, at a time when something new may be begun.
    async fn slot(&self) -> OwnedSemaphorePermit {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        self.unrecorded.until_clear().await;
        slot.expect("slots are never closed")
    }

    /// The webhooks that a message names, each with its share in the message.
    fn open(&self, message: Received) -> Vec<(InboxId, Ticket)> {
        match InboxBatch::decode(&message.body) {
            Ok(InboxBatch { ids }) => {
                let metrics = self.metrics.clone();
                let settled = move |verdict| metrics.message_settled(verdict);
                let tickets = Ticket::share(message, ids.len(), settled);
                ids.into_iter().zip(tickets).collect()
            }
            Err(error) => {
                error!(
                    error = %causes(&error),
                    size_bytes = message.body.len(),
                    "a message of the inbox cannot be read, dead-lettering it"
                );
                self.metrics.message_settled(Verdict::DeadLetter);
                message.dead_letter();
                Vec::new()
            }
        }
    }
}
