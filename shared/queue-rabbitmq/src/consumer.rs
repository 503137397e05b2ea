//! The consuming side, as its user holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use postrider_domain::ports::{Consumer, QueueError, Received, Settle, Verdict};
use tokio::sync::mpsc;

use crate::ledger::Tag;

/// Counts the channels a consumer has had; messages and verdicts of an earlier one are void.
#[derive(Debug, Clone, Default)]
pub(crate) struct Generation(Arc<AtomicU64>);

impl Generation {
    pub(crate) fn current(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Makes everything of the current channel void.
    pub(crate) fn end(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// A message on its way from the channel's task to the consumer.
pub(crate) struct Incoming {
    generation: u64,
    message: Received,
}

impl Incoming {
    /// Makes a message whose verdict is told to `verdicts`.
    pub(crate) fn new(
        generation: u64,
        tag: Tag,
        body: Bytes,
        verdicts: mpsc::UnboundedSender<Told>,
    ) -> Self {
        let ticket = Ticket { generation, tag, verdicts };
        Self { generation, message: Received::new(body, Box::new(ticket)) }
    }
}

/// What somebody decided about a message.
pub(crate) struct Told {
    pub(crate) generation: u64,
    pub(crate) tag: Tag,
    pub(crate) verdict: Verdict,
}

struct Ticket {
    generation: u64,
    tag: Tag,
    verdicts: mpsc::UnboundedSender<Told>,
}

impl Settle for Ticket {
    fn settle(self: Box<Self>, verdict: Verdict) {
        let told = Told { generation: self.generation, tag: self.tag, verdict };
        // The task is gone when the queue was closed, and then the broker has the message back.
        self.verdicts.send(told).ok();
    }
}

/// A consumer of one queue.
pub(crate) struct RabbitConsumer {
    pub(crate) messages: mpsc::Receiver<Incoming>,
    pub(crate) generation: Generation,
}

#[async_trait]
impl Consumer for RabbitConsumer {
    async fn next(&mut self, max: usize) -> Result<Vec<Received>, QueueError> {
        loop {
            let mut incoming = Vec::new();
            if self.messages.recv_many(&mut incoming, max.max(1)).await == 0 {
                return Err(QueueError::Closed);
            }
            let current = self.generation.current();
            let messages: Vec<Received> = incoming
                .into_iter()
                .filter(|incoming| incoming.generation == current)
                .map(|incoming| incoming.message)
                .collect();
            if !messages.is_empty() {
                return Ok(messages);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_of_a_lost_channel_that_were_not_taken_yet_are_not_given_out() {
        let (sender, messages) = mpsc::channel(2);
        let (tell, _told) = mpsc::unbounded_channel();
        let generation = Generation::default();
        let mut consumer = RabbitConsumer { messages, generation: generation.clone() };
        let arrive = |body: &'static str| {
            let body = Bytes::from_static(body.as_bytes());
            let incoming = Incoming::new(generation.current(), 1, body, tell.clone());
            assert!(sender.try_send(incoming).is_ok(), "there is room");
        };

        arrive("lost");
        generation.end();
        arrive("again");
        let given = consumer.next(2).await.unwrap();
        let bodies: Vec<&[u8]> = given.iter().map(|message| &message.body[..]).collect();
        assert_eq!(bodies, [b"again"]);
    }
}
