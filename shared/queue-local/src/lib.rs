//! The queues inside the process, for a system without a broker.
//!
//! # Theory of operation
//!
//! Each queue is a line of messages behind a lock (`line`), never held across an await. A message
//! takes up room from the moment it is published until it is settled, so what is being worked on
//! counts as well: there is always a place for a message that comes back. Consumers sleep until
//! something arrives, is settled or comes back; nothing polls.
//!
//! What comes back goes to the head of its line and is delivered again at once, as RabbitMQ does it. A
//! message that was put back more often than the delivery limit allows, or that was dead-lettered,
//! moves to a list that can be read ([`LocalQueue::dead`]) and keeps the newest.
//!
//! # What is not guaranteed
//!
//! Nothing survives the process, and [`Queue::close`] forgets everything. That is enough: messages
//! hold ids, the store holds the truth, and the scheduler publishes again whatever is due there.
//! Messages published at the same time by several callers have no order between them.
#![warn(missing_docs)]

mod consumer;
mod dead;
mod line;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{
    Consumer, Health, Outgoing, Publisher, Queue, QueueError, QueueName,
};

pub use crate::dead::Dead;

use crate::consumer::LocalConsumer;
use crate::dead::DeadList;
use crate::line::Line;

/// How much the queues hold, and how patient they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalSettings {
    /// How many messages a queue holds, those being worked on included.
    pub capacity: usize,
    /// How long a publish waits for room.
    pub publish_timeout: Duration,
    /// How often a message may be put back before it is dead.
    pub delivery_limit: u16,
    /// How many dead messages are kept.
    pub dead_capacity: usize,
}

impl Default for LocalSettings {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            publish_timeout: Duration::from_secs(5),
            delivery_limit: 20,
            dead_capacity: 1_000,
        }
    }
}

/// The queues of one process. Clones are the same queues.
#[derive(Clone)]
pub struct LocalQueue {
    lines: Arc<Lines>,
    dead: Arc<DeadList>,
}

struct Lines {
    events: Arc<Line>,
    deliveries: Arc<Line>,
    retries: Arc<Line>,
    inbox: Arc<Line>,
    publish_timeout: Duration,
}

impl LocalQueue {
    /// Makes empty queues.
    pub fn new(settings: &LocalSettings) -> Self {
        let dead = Arc::new(DeadList::new(settings.dead_capacity));
        let line = |name| Arc::new(Line::new(name, settings, Arc::clone(&dead)));
        let lines = Lines {
            events: line(QueueName::Events),
            deliveries: line(QueueName::Deliveries),
            retries: line(QueueName::Retries),
            inbox: line(QueueName::Inbox),
            publish_timeout: settings.publish_timeout,
        };
        Self { lines: Arc::new(lines), dead }
    }

    /// The messages that could not be processed, oldest first.
    pub fn dead(&self) -> Vec<Dead> {
        self.dead.read()
    }
}

impl Lines {
    fn get(&self, queue: QueueName) -> &Arc<Line> {
        match queue {
            QueueName::Events => &self.events,
            QueueName::Deliveries => &self.deliveries,
            QueueName::Retries => &self.retries,
            QueueName::Inbox => &self.inbox,
        }
    }
}

#[async_trait]
impl Queue for LocalQueue {
    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::clone(&self.lines) as Arc<dyn Publisher>
    }

    async fn consume(
        &self,
        queue: QueueName,
        prefetch: u16,
    ) -> Result<Box<dyn Consumer>, QueueError> {
        let line = self.lines.get(queue);
        if line.is_closed() {
            return Err(QueueError::Closed);
        }
        Ok(Box::new(LocalConsumer::new(Arc::clone(line), prefetch)))
    }

    async fn depth(&self, queue: QueueName) -> Result<u64, QueueError> {
        let line = self.lines.get(queue);
        if line.is_closed() {
            return Err(QueueError::Closed);
        }
        Ok(u64::try_from(line.len()).unwrap_or(u64::MAX))
    }

    fn health(&self) -> Health {
        if self.lines.events.is_closed() { Health::Down("closed".to_owned()) } else { Health::Up }
    }

    async fn close(&self) {
        for queue in QueueName::ALL {
            self.lines.get(*queue).close();
        }
    }
}

#[async_trait]
impl Publisher for Lines {
    async fn publish(&self, queue: QueueName, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        let pushed = tokio::time::timeout(self.publish_timeout, self.get(queue).push_all(messages));
        pushed.await.unwrap_or_else(|_| Err(QueueError::Unavailable { source: Full.into() }))
    }
}

/// Why a publish gave up.
#[derive(Debug, thiserror::Error)]
#[error("the queue is full, and consumers are not making room")]
struct Full;
