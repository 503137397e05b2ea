//! A queue that a test feeds by hand, and that tells what became of each message.

use async_trait::async_trait;
use bytes::Bytes;
use postrider_domain::DeliveryId;
use postrider_domain::ports::{Consumer, QueueError, Received, Settle, Verdict};
use postrider_wire::queue::DeliveryBatch;
use tokio::sync::mpsc;

/// The feeding side. When it is dropped, the queue is closed.
pub(crate) struct Hand(mpsc::UnboundedSender<Received>);

/// What the worker consumes.
pub(crate) struct Fed(mpsc::UnboundedReceiver<Received>);

/// The verdicts on one message.
pub(crate) struct Verdicts(mpsc::UnboundedReceiver<Verdict>);

pub(crate) fn queue() -> (Hand, Fed) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Hand(sender), Fed(receiver))
}

impl Hand {
    pub(crate) fn send(&self, deliveries: &[DeliveryId]) -> Verdicts {
        self.send_raw(DeliveryBatch { ids: deliveries.to_vec() }.encode())
    }

    pub(crate) fn send_raw(&self, body: Bytes) -> Verdicts {
        let (sender, verdicts) = mpsc::unbounded_channel();
        assert!(self.0.send(Received::new(body, Box::new(Told(sender)))).is_ok());
        Verdicts(verdicts)
    }
}

#[async_trait]
impl Consumer for Fed {
    async fn next(&mut self, _max: usize) -> Result<Vec<Received>, QueueError> {
        self.0.recv().await.map(|message| vec![message]).ok_or(QueueError::Closed)
    }
}

struct Told(mpsc::UnboundedSender<Verdict>);

impl Settle for Told {
    fn settle(self: Box<Self>, verdict: Verdict) {
        self.0.send(verdict).ok();
    }
}

impl Verdicts {
    /// Waits until the message is settled, and makes sure that it was settled once.
    pub(crate) async fn only(mut self) -> Verdict {
        let verdict = self.0.recv().await.expect("the message is settled");
        assert_eq!(self.0.recv().await, None, "settled a second time");
        verdict
    }

    /// Whether the message has been settled by now.
    pub(crate) fn is_settled(&self) -> bool {
        !self.0.is_empty()
    }
}
