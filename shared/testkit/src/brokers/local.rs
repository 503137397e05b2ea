//! The queues inside the process, with small numbers.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use postrider_domain::ports::Queue;
use postrider_queue_local::{LocalQueue, LocalSettings};

use super::{Broker, DELIVERY_LIMIT};

/// Queues inside the process.
pub struct LocalBroker {
    queue: LocalQueue,
}

impl LocalBroker {
    /// Makes empty queues.
    #[expect(clippy::unused_async, reason = "made like every other broker")]
    pub async fn create() -> Self {
        let settings = LocalSettings { delivery_limit: DELIVERY_LIMIT, ..LocalSettings::default() };
        Self { queue: LocalQueue::new(&settings) }
    }
}

#[async_trait]
impl Broker for LocalBroker {
    fn queue(&self) -> Arc<dyn Queue> {
        Arc::new(self.queue.clone())
    }

    /// A verdict is applied before the call that gives it returns, so there is nothing to wait for.
    async fn dead(&self, count: usize) -> Vec<Bytes> {
        let dead = self.queue.dead();
        assert_eq!(dead.len(), count, "so many messages are dead");
        dead.into_iter().map(|dead| dead.body).collect()
    }
}
