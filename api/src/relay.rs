//! From the commit to the queue, in the background.
//!
//! One task publishes whatever has gathered while it was publishing before. The hand-over is bounded
//! in bytes and never waits: what does not fit, or what the queue does not take, is counted and
//! otherwise forgotten, since its row in the outbox makes a dispatcher find it. So an outage of the
//! queue neither slows publishers down nor fills the memory.
//!
//! What is not guaranteed: that a message is published only once. An event that waits here until it
//! is found in the outbox is published by both; dispatching it twice does no harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postrider_domain::ports::{Outgoing, Publisher, QueueName};
use postrider_domain::{Event, causes};
use postrider_wire::cloudevents;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::metrics::{Metrics, Relayed};

#[cfg(test)]
mod tests;

/// The most messages that are published at once.
const MAX_MESSAGES: usize = 1_000;
/// What an event takes besides its data, roughly.
const EVENT_OVERHEAD: usize = 512;

/// Events of one commit, and the room they take.
type Batch = (Vec<Event>, OwnedSemaphorePermit);

/// The handing-over side. The task ends when it is dropped and what was handed over is published.
pub(crate) struct Relay {
    batches: mpsc::UnboundedSender<Batch>,
    /// Bytes that are still free: what bounds the channel.
    room: Arc<Semaphore>,
    /// So that an outage is one line in the log, not one per commit.
    overflowing: AtomicBool,
    metrics: Metrics,
}

impl Relay {
    pub(crate) fn start(
        publisher: Arc<dyn Publisher>,
        max_bytes: usize,
        metrics: Metrics,
        tracker: &TaskTracker,
    ) -> Self {
        let (batches, handed_over) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(max_bytes.min(Semaphore::MAX_PERMITS)));
        tracker.spawn(publish(publisher, handed_over, metrics.clone()));
        Self { batches, room, overflowing: AtomicBool::new(false), metrics }
    }

    /// Hands committed events over; never waits.
    pub(crate) fn hand_over(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let count = events.len() as u64;
        let bytes = u32::try_from(events.iter().map(size).sum::<usize>()).unwrap_or(u32::MAX);
        let handed_over = Arc::clone(&self.room)
            .try_acquire_many_owned(bytes)
            .is_ok_and(|room| self.batches.send((events, room)).is_ok());
        if handed_over {
            self.overflowing.store(false, Ordering::Relaxed);
            return;
        }
        self.metrics.relayed.of(Relayed::Overflowed).inc_by(count);
        if !self.overflowing.swap(true, Ordering::Relaxed) {
            warn!("the queue does not keep up: accepted events are left to the outbox");
        }
    }
}

fn size(event: &Event) -> usize {
    EVENT_OVERHEAD + event.data.as_ref().map_or(0, |data| data.get().len())
}

/// Publishes what is handed over until the other side is dropped.
async fn publish(
    publisher: Arc<dyn Publisher>,
    mut handed_over: mpsc::UnboundedReceiver<Batch>,
    metrics: Metrics,
) {
    let mut failing = false;
    while let Some((events, room)) = handed_over.recv().await {
        let mut rooms = vec![room];
        let mut messages: Vec<Outgoing> = events.iter().map(message).collect();
        while messages.len() < MAX_MESSAGES {
            let Ok((events, room)) = handed_over.try_recv() else { break };
            messages.extend(events.iter().map(message));
            rooms.push(room);
        }

        let count = messages.len() as u64;
        match publisher.publish(QueueName::Events, messages).await {
            Ok(()) => {
                metrics.relayed.of(Relayed::Published).inc_by(count);
                if failing {
                    info!("accepted events are published again");
                }
                failing = false;
            }
            Err(error) => {
                metrics.relayed.of(Relayed::Failed).inc_by(count);
                if !failing {
                    warn!(
                        error = %causes(&error),
                        "accepted events could not be published, and are left to the outbox"
                    );
                }
                failing = true;
            }
        }
    }
}

fn message(event: &Event) -> Outgoing {
    Outgoing {
        routing_key: cloudevents::routing_key(event),
        content_type: cloudevents::CONTENT_TYPE,
        body: cloudevents::encode_event(event),
    }
}
