//! A message may carry many items and is settled once: when the last of them is done with.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Received, Verdict};

/// One item's share in the message it came with.
///
/// A ticket that is dropped before its item is finished, say because of a panic or a shutdown, puts the
/// message back.
#[must_use = "a ticket that is dropped puts its message back"]
pub struct Ticket {
    message: Arc<Message>,
    verdict: Verdict,
}

impl Ticket {
    /// Shares a message between `count` items. Shared by nobody it is acknowledged. `settled` is told what
    /// becomes of it, for metrics.
    pub fn share(
        received: Received,
        count: usize,
        settled: impl FnOnce(Verdict) + Send + 'static,
    ) -> Vec<Self> {
        let state = Mutex::new((Verdict::Ack, Some((received, Box::new(settled) as Settled))));
        let message = Arc::new(Message(state));
        (0..count)
            .map(|_| Self { message: Arc::clone(&message), verdict: Verdict::Requeue })
            .collect()
    }

    /// The message is not needed for this item any more, or is to come again.
    pub fn finish(mut self, verdict: Verdict) {
        self.verdict = verdict;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.message.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = worse(state.0, self.verdict);
    }
}

/// The verdict on a message is the worst one on any of its items. Requeuing comes last, since it lets
/// the others of the message be looked at again.
fn worse(one: Verdict, other: Verdict) -> Verdict {
    let badness = |verdict| match verdict {
        Verdict::Ack => 0,
        Verdict::DeadLetter => 1,
        Verdict::Requeue => 2,
    };
    if badness(other) > badness(one) { other } else { one }
}

type Settled = Box<dyn FnOnce(Verdict) + Send>;

/// The worst verdict so far, and a message; the queue is told when the last ticket is gone.
struct Message(Mutex<(Verdict, Option<(Received, Settled)>)>);

impl Drop for Message {
    fn drop(&mut self) {
        let (verdict, received) = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some((received, settled)) = received.take() else { return };
        settled(*verdict);
        received.settle_as(*verdict);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use bytes::Bytes;

    use super::super::Settle;
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
        let (tell, verdicts) = mpsc::channel();
        let tickets =
            Ticket::share(received, ends.len(), move |verdict| tell.send(verdict).unwrap());
        for (ticket, end) in tickets.into_iter().zip(ends) {
            if let Some(verdict) = end {
                ticket.finish(*verdict);
            }
        }
        let told: Vec<Verdict> = told.iter().collect();
        assert_eq!(verdicts.iter().collect::<Vec<_>>(), told);
        told
    }

    #[test]
    fn a_message_is_settled_once_by_the_worst_verdict_on_its_items() {
        use Verdict::{Ack, DeadLetter, Requeue};
        assert_eq!(settled(&[Some(Ack), Some(Ack)]), [Ack]);
        assert_eq!(settled(&[Some(DeadLetter), Some(Ack)]), [DeadLetter]);
        assert_eq!(settled(&[Some(DeadLetter), Some(Requeue), Some(Ack)]), [Requeue]);
    }

    #[test]
    fn an_item_that_is_never_finished_puts_its_message_back() {
        assert_eq!(settled(&[Some(Verdict::Ack), None]), [Verdict::Requeue]);
    }

    #[test]
    fn a_message_without_items_is_acknowledged() {
        assert_eq!(settled(&[]), [Verdict::Ack]);
    }
}
