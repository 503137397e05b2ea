//! One queue: messages waiting in a line, and what wakes those who wait for them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use postrider_domain::ports::{Outgoing, QueueError, QueueName, Verdict};
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tracing::warn;

use crate::LocalSettings;
use crate::dead::{Dead, DeadList};

/// One queue.
pub(crate) struct Line {
    name: QueueName,
    delivery_limit: u16,
    room: Arc<Semaphore>,
    waiting: Mutex<VecDeque<Entry>>,
    /// Told of everything that may let a consumer go on.
    changes: Notify,
    dead: Arc<DeadList>,
}

/// A message in the line, or being worked on.
pub(crate) struct Entry {
    pub(crate) body: Bytes,
    times_put_back: u16,
    _room: OwnedSemaphorePermit,
}

impl Line {
    pub(crate) fn new(name: QueueName, settings: &LocalSettings, dead: Arc<DeadList>) -> Self {
        Self {
            name,
            delivery_limit: settings.delivery_limit,
            room: Arc::new(Semaphore::new(settings.capacity.max(1))),
            waiting: Mutex::default(),
            changes: Notify::new(),
            dead,
        }
    }

    /// Appends messages, waiting for room where there is none.
    pub(crate) async fn push_all(&self, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        for message in messages {
            let room = Arc::clone(&self.room).acquire_owned().await;
            let room = room.map_err(|_| QueueError::Closed)?;
            let entry = Entry { body: message.body, times_put_back: 0, _room: room };
            self.waiting().push_back(entry);
            self.changes.notify_waiters();
        }
        Ok(())
    }

    /// Takes up to `max` messages from the head of the line.
    pub(crate) fn take(&self, max: usize) -> Vec<Entry> {
        let mut waiting = self.waiting();
        let count = max.min(waiting.len());
        waiting.drain(..count).collect()
    }

    /// How many messages wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting().len()
    }

    /// Resolves at the next change after the future was enabled.
    pub(crate) fn changed(&self) -> Notified<'_> {
        self.changes.notified()
    }

    /// Applies what was decided about a message.
    pub(crate) fn settle(&self, mut entry: Entry, verdict: Verdict) {
        match verdict {
            Verdict::Ack => drop(entry),
            Verdict::Requeue if entry.times_put_back < self.delivery_limit => {
                entry.times_put_back += 1;
                self.put_back(entry);
            }
            Verdict::Requeue => self.bury(entry, "delivery limit"),
            Verdict::DeadLetter => self.bury(entry, "rejected"),
        }
        self.changes.notify_waiters();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.room.is_closed()
    }

    /// Ends every consumer and forgets every message.
    pub(crate) fn close(&self) {
        self.room.close();
        self.waiting().clear();
        self.changes.notify_waiters();
    }

    fn put_back(&self, entry: Entry) {
        let mut waiting = self.waiting();
        if !self.is_closed() {
            waiting.push_front(entry);
        }
    }

    fn bury(&self, entry: Entry, reason: &'static str) {
        warn!(queue.name = self.name.as_str(), reason, "message is dead");
        self.dead.add(Dead { queue: self.name, body: entry.body });
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
