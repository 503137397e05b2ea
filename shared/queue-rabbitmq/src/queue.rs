//! The whole of it: two links, a publisher, and the tasks of consumers.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use postrider_domain::Invalid;
use postrider_domain::ports::{Consumer, Health, Publisher, Queue, QueueError, QueueName};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::address;
use crate::consumer::{Generation, RabbitConsumer};
use crate::link::{Link, Origin};
use crate::publisher::RabbitPublisher;
use crate::settings::RabbitSettings;
use crate::subscription::Subscription;
use crate::topology::Topology;

/// The queues on a RabbitMQ broker. Dropping it without [`Queue::close`] ends it too, but verdicts
/// given a moment before may be lost.
pub struct RabbitQueue {
    origin: Origin,
    publishing: Link,
    consuming: OnceLock<Link>,
    publisher: Arc<RabbitPublisher>,
    subscriptions: TaskTracker,
    supervisors: TaskTracker,
    stop: CancellationToken,
    disconnect: CancellationToken,
}

impl RabbitQueue {
    /// Starts to connect to the broker, which need not be there yet. Must be called on a runtime.
    ///
    /// # Errors
    /// When the settings cannot be right; whether they are shows in [`Queue::health`].
    pub fn connect(settings: RabbitSettings) -> Result<Self, Invalid> {
        let origin = Origin {
            address: address::parse(&settings)?,
            topology: Topology::new(&settings)?,
            settings: Arc::new(settings),
        };
        let supervisors = TaskTracker::new();
        let disconnect = CancellationToken::new();
        let publishing =
            Link::start("publishing", origin.clone(), &supervisors, disconnect.clone());
        let publisher = Arc::new(RabbitPublisher::new(publishing.clone(), &origin));
        Ok(Self {
            origin,
            publishing,
            consuming: OnceLock::new(),
            publisher,
            subscriptions: TaskTracker::new(),
            supervisors,
            stop: CancellationToken::new(),
            disconnect,
        })
    }

    fn consuming(&self) -> &Link {
        self.consuming.get_or_init(|| {
            let disconnect = self.disconnect.clone();
            Link::start("consuming", self.origin.clone(), &self.supervisors, disconnect)
        })
    }
}

#[async_trait]
impl Queue for RabbitQueue {
    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::clone(&self.publisher) as Arc<dyn Publisher>
    }

    async fn consume(
        &self,
        queue: QueueName,
        prefetch: u16,
    ) -> Result<Box<dyn Consumer>, QueueError> {
        if self.stop.is_cancelled() {
            return Err(QueueError::Closed);
        }
        // To the broker no prefetch at all means that there is no limit.
        let prefetch = prefetch.max(1);
        let (sender, messages) = mpsc::channel(usize::from(prefetch));
        let (tell, told) = mpsc::unbounded_channel();
        let generation = Generation::default();
        let subscription = Subscription {
            link: self.consuming().clone(),
            queue,
            topology: self.origin.topology.clone(),
            prefetch,
            messages: sender,
            tell,
            told,
            generation: generation.clone(),
            pause: self.origin.settings.reconnect_min,
            stop: self.stop.clone(),
        };
        self.subscriptions.spawn(subscription.run());
        Ok(Box::new(RabbitConsumer { messages, generation }))
    }

    async fn depth(&self, queue: QueueName) -> Result<u64, QueueError> {
        let session = self.publishing.session().await?;
        Ok(session.depth(self.origin.topology.queue(queue)).await?)
    }

    fn health(&self) -> Health {
        match self.publishing.health() {
            Health::Up => self.consuming.get().map_or(Health::Up, Link::health),
            down @ Health::Down(_) => down,
        }
    }

    async fn close(&self) {
        let patience = self.origin.settings.confirm_timeout;
        self.stop.cancel();
        self.subscriptions.close();
        // Consumers say good-bye to the broker first; one that does not answer is not waited for.
        timeout(patience, self.subscriptions.wait()).await.ok();
        self.disconnect.cancel();
        self.supervisors.close();
        timeout(patience, self.supervisors.wait()).await.ok();
    }
}

impl Drop for RabbitQueue {
    fn drop(&mut self) {
        self.stop.cancel();
        self.disconnect.cancel();
    }
}
