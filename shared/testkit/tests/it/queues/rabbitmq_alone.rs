//! What only a broker does: go away, come back, and change under the feet of its clients.

mod exchange;
mod outages;
mod topology;

use std::sync::Arc;
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
use postrider_domain::ports::{Health, Outgoing, Publisher, Queue, QueueError, QueueName};
use postrider_queue_rabbitmq::{RabbitQueue, RabbitSettings};
use postrider_testkit::brokers::RabbitBroker;
use postrider_testkit::proxy::TcpProxy;

use super::PATIENCE;

/// A client whose way to the broker can be cut.
struct Line {
    broker: RabbitBroker,
    proxy: TcpProxy,
    queue: RabbitQueue,
    publisher: Arc<dyn Publisher>,
}

impl Line {
    async fn open() -> Self {
        Self::open_with(|settings| settings).await
    }

    async fn open_with(adjust: impl FnOnce(RabbitSettings) -> RabbitSettings) -> Self {
        let broker = RabbitBroker::create().await;
        let proxy = TcpProxy::start(RabbitBroker::target()).await;
        let settings = adjust(broker.settings_through(proxy.address()));
        let queue = RabbitQueue::connect(settings).expect("the settings are valid");
        let publisher = queue.publisher();
        Self { broker, proxy, queue, publisher }
    }

    /// Publishes until it succeeds.
    async fn insist(&self, queue: QueueName, messages: &[Outgoing]) -> Result<(), QueueError> {
        let attempt = || self.publisher.publish(queue, messages.to_vec());
        attempt.retry(often()).when(QueueError::is_transient).await
    }

    /// Waits for the health report to change: nothing tells when it does.
    async fn wait_for_health(&self, wanted: impl Fn(&Health) -> bool) -> Health {
        let look = async || Some(self.queue.health()).filter(&wanted).ok_or(());
        look.retry(often()).await.expect("the health changes in time")
    }
}

fn often() -> ConstantBuilder {
    const PAUSE: Duration = Duration::from_millis(5);
    let times = usize::try_from(PATIENCE.as_millis() / PAUSE.as_millis()).expect("a small number");
    ConstantBuilder::new().with_delay(PAUSE).with_max_times(times)
}
