//! The consuming side of a line.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use postrider_domain::ports::{Consumer, QueueError, Received, Settle, Verdict};

use crate::line::{Entry, Line};

/// One of those who take messages from a line.
pub(crate) struct LocalConsumer {
    line: Arc<Line>,
    prefetch: usize,
    /// How many messages were handed out and are not settled.
    held: Arc<AtomicUsize>,
}

impl LocalConsumer {
    pub(crate) fn new(line: Arc<Line>, prefetch: u16) -> Self {
        Self { line, prefetch: usize::from(prefetch.max(1)), held: Arc::default() }
    }

    fn take(&self, max: usize) -> Vec<Received> {
        let allowed = self.prefetch.saturating_sub(self.held.load(Ordering::Acquire));
        let entries = self.line.take(max.min(allowed));
        self.held.fetch_add(entries.len(), Ordering::AcqRel);
        entries.into_iter().map(|entry| self.hand_out(entry)).collect()
    }

    fn hand_out(&self, entry: Entry) -> Received {
        let body = entry.body.clone();
        let (line, held) = (Arc::clone(&self.line), Arc::clone(&self.held));
        Received::new(body, Box::new(Ticket { entry, line, held }))
    }
}

#[async_trait]
impl Consumer for LocalConsumer {
    async fn next(&mut self, max: usize) -> Result<Vec<Received>, QueueError> {
        loop {
            // Interest is registered before looking, so that nothing is missed in between.
            let mut changed = pin!(self.line.changed());
            changed.as_mut().enable();
            if self.line.is_closed() {
                return Err(QueueError::Closed);
            }
            let messages = self.take(max.max(1));
            if !messages.is_empty() {
                return Ok(messages);
            }
            changed.await;
        }
    }
}

struct Ticket {
    entry: Entry,
    line: Arc<Line>,
    held: Arc<AtomicUsize>,
}

impl Settle for Ticket {
    fn settle(self: Box<Self>, verdict: Verdict) {
        let Self { entry, line, held } = *self;
        // Before the line tells of the change, or the consumer would still find its hands full.
        held.fetch_sub(1, Ordering::AcqRel);
        line.settle(entry, verdict);
    }
}
