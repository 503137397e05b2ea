//! A message carries many webhooks and is settled once: when the last of them is claimed, or passed over.

use std::sync::{Arc, Mutex, PoisonError};

use postrider_domain::ports::{Received, Verdict};

use super::InboxMetrics;

/// One webhook's share in the message it came with.
///
/// A ticket that is dropped before its webhook is finished, say because of a shutdown, puts the message
/// back.
pub(super) struct Ticket {
    message: Arc<Message>,
    verdict: Verdict,
}

impl Ticket {
    /// Shares a message between `count` webhooks. Shared by nobody it is acknowledged.
    pub(super) fn share(received: Received, count: usize, metrics: &InboxMetrics) -> Vec<Self> {
        let state = Mutex::new((Verdict::Ack, Some(received)));
        let message = Arc::new(Message { state, metrics: metrics.clone() });
        (0..count)
            .map(|_| Self { message: Arc::clone(&message), verdict: Verdict::Requeue })
            .collect()
    }

    /// The message is not needed for this webhook any more, or is to come again.
    pub(super) fn finish(mut self, verdict: Verdict) {
        self.verdict = verdict;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.message.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = worse(state.0, self.verdict);
    }
}

/// The verdict on a message is the worst one on any of its webhooks. Requeuing comes last, since it
/// lets the others of the message be looked at again.
fn worse(one: Verdict, other: Verdict) -> Verdict {
    let badness = |verdict| match verdict {
        Verdict::Ack => 0,
        Verdict::DeadLetter => 1,
        Verdict::Requeue => 2,
    };
    if badness(other) > badness(one) { other } else { one }
}

/// A message and the worst verdict so far; the queue is told when the last ticket is gone.
struct Message {
    state: Mutex<(Verdict, Option<Received>)>,
    metrics: InboxMetrics,
}

impl Drop for Message {
    fn drop(&mut self) {
        let (verdict, received) = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(received) = received.take() else { return };
        self.metrics.message_settled(*verdict);
        match verdict {
            Verdict::Ack => received.ack(),
            Verdict::DeadLetter => received.dead_letter(),
            Verdict::Requeue => received.requeue(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use bytes::Bytes;
    use postrider_domain::ports::Settle;
    use prometheus::Registry;

    use super::*;

    struct Told(mpsc::Sender<Verdict>);
    impl Settle for Told {
        fn settle(self: Box<Self>, verdict: Verdict) {
            self.0.send(verdict).unwrap();
        }
    }

    /// What the queue is told when the tickets of a message end like this; `None` is a drop.
    fn settled(ends: &[Option<Verdict>]) -> Vec<Verdict> {
        let (sender, told) = mpsc::channel();
        let received = Received::new(Bytes::new(), Box::new(Told(sender)));
        let metrics = InboxMetrics::new(&Registry::new(), [""; 0], [""; 0]).unwrap();
        let tickets = Ticket::share(received, ends.len(), &metrics);
        for (ticket, end) in tickets.into_iter().zip(ends) {
            if let Some(verdict) = end {
                ticket.finish(*verdict);
            }
        }
        told.iter().collect()
    }

    #[test]
    fn a_message_is_settled_once_by_the_worst_verdict_on_its_webhooks() {
        use Verdict::{Ack, DeadLetter, Requeue};
        assert_eq!(settled(&[Some(Ack), Some(Ack)]), [Ack]);
        assert_eq!(settled(&[Some(DeadLetter), Some(Ack)]), [DeadLetter]);
        assert_eq!(settled(&[Some(DeadLetter), Some(Requeue), Some(Ack)]), [Requeue]);
        assert_eq!(settled(&[Some(Ack), None]), [Requeue]);
        assert_eq!(settled(&[]), [Ack]);
    }
}
