//! The queue carries hints: messages hold ids, the store holds the truth. Losing every message
//! delays work until the scheduler finds it, and handling one twice does no harm.

mod ticket;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::QueueError;

pub use ticket::Ticket;

/// The queues of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueueName {
    /// Accepted events, as CloudEvents: for the dispatcher, and for any other service that binds.
    Events,
    /// Ids of new deliveries: the first attempt of each.
    Deliveries,
    /// Ids of deliveries that come later: retries, what was held, replays, and what was lost. Workers
    /// see to it that these never stand before new ones.
    Retries,
    /// Ids of received webhooks whose handlers are to run.
    Inbox,
}

impl QueueName {
    /// Every queue.
    pub const ALL: &'static [Self] = &[Self::Events, Self::Deliveries, Self::Retries, Self::Inbox];

    /// The name in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Deliveries => "deliveries",
            Self::Retries => "retries",
            Self::Inbox => "inbox",
        }
    }
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What other services bind by, such as `reports.Added`; a queue of ids has none.
    pub routing_key: String,
    /// The media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Bytes,
}

/// Whether the queue can be used right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Up,
    /// It cannot; says why. Reconnecting goes on without end.
    Down(String),
}

/// A connection to the queues.
#[async_trait]
pub trait Queue: Send + Sync {
    /// The publishing side; cheap, and may be shared.
    fn publisher(&self) -> Arc<dyn Publisher>;

    /// Starts to consume `queue`, with at most `prefetch` unsettled messages at a time.
    ///
    /// The consumer outlives broken connections: it reconnects without end, and declares the
    /// topology again.
    async fn consume(
        &self,
        queue: QueueName,
        prefetch: u16,
    ) -> Result<Box<dyn Consumer>, QueueError>;

    /// How many messages wait in `queue`; those that somebody has taken and not settled do not.
    async fn depth(&self, queue: QueueName) -> Result<u64, QueueError>;

    /// Whether messages can be published and consumed at the moment.
    fn health(&self) -> Health;

    /// Ends every consumer and the connection; unsettled messages go back to their queues.
    async fn close(&self);
}

/// The publishing side of the queues.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Publishes `messages` in order and returns when every one is safely queued (on RabbitMQ:
    /// confirmed, and not returned as unroutable).
    ///
    /// An error means that some may not be queued. It comes within seconds, also when the broker is
    /// gone: nobody waits here for an outage to end.
    async fn publish(&self, queue: QueueName, messages: Vec<Outgoing>) -> Result<(), QueueError>;
}

/// The consuming side of one queue.
#[async_trait]
pub trait Consumer: Send {
    /// Waits for a message, and returns it with those that are there already, `max` at the most and
    /// never none.
    ///
    /// Cancel-safe: dropping the future loses no message.
    ///
    /// # Errors
    /// [`QueueError::Closed`] when the queue was closed; a lost connection is not an error.
    async fn next(&mut self, max: usize) -> Result<Vec<Received>, QueueError>;
}

/// What becomes of a received message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is done with.
    Ack,
    /// Somebody else should have it; counts towards the delivery limit.
    Requeue,
    /// It cannot be processed: it goes to the dead queue, where it can be seen.
    DeadLetter,
}

/// How a back end is told of a verdict.
pub trait Settle: Send {
    /// Passes the verdict on. Does not block, and does not fail: a verdict that is lost with its
    /// connection means that the broker delivers the message again.
    fn settle(self: Box<Self>, verdict: Verdict);
}

/// A received message. It is settled exactly once: dropping it puts it back.
#[must_use = "a message that is dropped goes back to its queue"]
pub struct Received {
    /// The body.
    pub body: Bytes,
    settle: Option<Box<dyn Settle>>,
}

impl Received {
    /// Made by a back end.
    pub fn new(body: Bytes, settle: Box<dyn Settle>) -> Self {
        Self { body, settle: Some(settle) }
    }

    /// The message is done with.
    pub fn ack(self) {
        self.settle_as(Verdict::Ack);
    }

    /// Somebody else should have it.
    pub fn requeue(self) {
        self.settle_as(Verdict::Requeue);
    }

    /// It cannot be processed.
    pub fn dead_letter(self) {
        self.settle_as(Verdict::DeadLetter);
    }

    fn settle_as(mut self, verdict: Verdict) {
        if let Some(settle) = self.settle.take() {
            settle.settle(verdict);
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if let Some(settle) = self.settle.take() {
            settle.settle(Verdict::Requeue);
        }
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Told(mpsc::Sender<Verdict>);
    impl Settle for Told {
        fn settle(self: Box<Self>, verdict: Verdict) {
            self.0.send(verdict).unwrap();
        }
    }

    #[test]
    fn a_message_is_settled_exactly_once_and_dropping_requeues_it() {
        let (sender, verdicts) = mpsc::channel();
        let message = || Received::new(Bytes::new(), Box::new(Told(sender.clone())));
        message().ack();
        message().dead_letter();
        message().requeue();
        drop(message());
        drop(sender);
        let told: Vec<Verdict> = verdicts.iter().collect();
        assert_eq!(told, [Verdict::Ack, Verdict::DeadLetter, Verdict::Requeue, Verdict::Requeue]);
    }
}
