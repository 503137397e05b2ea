//! A namespace of its own on the RabbitMQ that tests use.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use lapin::options::{
    BasicConsumeOptions, ExchangeDeleteOptions, QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};
use postrider_domain::ports::Queue;
use postrider_queue_rabbitmq::{RabbitQueue, RabbitSettings};
use url::Url;

use super::{Broker, DELIVERY_LIMIT};

/// The queues of a namespace.
const QUEUES: [&str; 5] = ["events.v1", "deliveries.v1", "retries.v1", "inbox.v1", "dead.v1"];

/// A namespace on the server, with nothing in it. Its queues and its exchange are deleted with this
/// value.
pub struct RabbitBroker {
    namespace: String,
    queue: Arc<RabbitQueue>,
}

impl RabbitBroker {
    /// Picks the namespace and connects.
    ///
    /// # Panics
    /// When the server is not there. It is at `POSTRIDER_TEST_RABBITMQ`, or else on this machine.
    pub async fn create() -> Self {
        let namespace = new_namespace();
        let broker = Self { queue: Arc::new(connect(settings(&namespace))), namespace };
        broker.connection().await;
        broker
    }

    /// The same with the settings of production, for sharing the namespace with real processes: all
    /// who declare a queue have to agree on it.
    ///
    /// # Panics
    /// When the server is not there.
    pub async fn create_for_processes() -> Self {
        let namespace = new_namespace();
        let settings =
            RabbitSettings { namespace: namespace.clone(), ..RabbitSettings::new(server()) };
        let broker = Self { queue: Arc::new(connect(settings)), namespace };
        broker.connection().await;
        broker
    }

    /// What a client of this namespace is made with: as in production, but in a hurry.
    pub fn settings(&self) -> RabbitSettings {
        settings(&self.namespace)
    }

    /// Such settings for a client that reaches the server at `address`, a proxy perhaps.
    ///
    /// # Panics
    /// Never: the address of the server has a host and a port.
    pub fn settings_through(&self, address: std::net::SocketAddr) -> RabbitSettings {
        let mut url = server();
        url.set_host(Some(&address.ip().to_string())).expect("an IP address is a host");
        url.set_port(Some(address.port())).expect("an AMQP address has a port");
        RabbitSettings { url: url.into(), ..self.settings() }
    }

    /// The server's host and port.
    ///
    /// # Panics
    /// When the address of the server has no host.
    pub fn target() -> String {
        let url = server();
        let host = url.host_str().expect("POSTRIDER_TEST_RABBITMQ has a host");
        format!("{host}:{}", url.port().unwrap_or(5672))
    }

    /// The full name of a queue or an exchange, such as `deliveries.v1`.
    pub fn name(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.namespace)
    }

    /// A connection past everything that is tested.
    ///
    /// # Panics
    /// When there is none to be had.
    pub async fn connection(&self) -> Connection {
        Connection::connect(server().as_str(), ConnectionProperties::default())
            .await
            .expect("these tests need a RabbitMQ server")
    }

    /// Deletes a queue under the feet of its clients.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn delete_queue(&self, suffix: &str) {
        let connection = self.connection().await;
        let name = self.name(suffix);
        let deleted = channel(&connection).await;
        let deleted = deleted.queue_delete(name.into(), QueueDeleteOptions::default()).await;
        deleted.expect("the queue can be deleted");
    }

    /// Deletes every queue under the feet of its clients.
    pub async fn delete_queues(&self) {
        for queue in QUEUES {
            self.delete_queue(queue).await;
        }
    }

    /// Deletes the exchange of events.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn delete_exchange(&self) {
        let connection = self.connection().await;
        let name = self.name("events");
        let deleted = channel(&connection).await;
        let deleted = deleted.exchange_delete(name.into(), ExchangeDeleteOptions::default()).await;
        deleted.expect("the exchange can be deleted");
    }

    /// Empties every queue, and returns how many messages there were.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn purge(&self) -> u32 {
        let connection = self.connection().await;
        let channel = channel(&connection).await;
        let mut purged = 0;
        for queue in QUEUES {
            let name = self.name(queue).into();
            let count = channel.queue_purge(name, QueuePurgeOptions::default()).await;
            purged += count.expect("the queue can be emptied");
        }
        purged
    }
}

#[async_trait]
impl Broker for RabbitBroker {
    fn queue(&self) -> Arc<dyn Queue> {
        Arc::clone(&self.queue) as Arc<dyn Queue>
    }

    async fn dead(&self, count: usize) -> Vec<Bytes> {
        let connection = self.connection().await;
        let channel = channel(&connection).await;
        let (options, arguments) =
            (BasicConsumeOptions { no_ack: true, ..Default::default() }, FieldTable::default());
        let dead = self.name("dead.v1").into();
        let consumer = channel.basic_consume(dead, "".into(), options, arguments).await;
        let deliveries = consumer.expect("the dead queue is there").take(count);
        deliveries.map(|dead| Bytes::from(dead.expect("a message").data)).collect().await
    }
}

impl Drop for RabbitBroker {
    fn drop(&mut self) {
        let names: Vec<String> = QUEUES.iter().map(|queue| self.name(queue)).collect();
        let exchange = self.name("events");
        // Deleting takes round trips, which a destructor can only wait for elsewhere.
        let deleted = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(delete(names, exchange)).ok();
        });
        // A failure leaves a few empty queues behind, in a namespace that nobody uses again.
        let _ = deleted.join();
    }
}

async fn delete(queues: Vec<String>, exchange: String) -> lapin::Result<()> {
    let connection =
        Connection::connect(server().as_str(), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    for queue in queues {
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
    }
    channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await?;
    connection.close(200, "OK".into()).await
}

async fn channel(connection: &Connection) -> Channel {
    connection.create_channel().await.expect("a new connection has channels")
}

fn connect(settings: RabbitSettings) -> RabbitQueue {
    RabbitQueue::connect(settings).expect("the settings are valid")
}

/// It only has to be new, and hashing is random per process and per state.
fn new_namespace() -> String {
    format!("postrider-test-{:016x}", RandomState::new().hash_one(0))
}

fn settings(namespace: &str) -> RabbitSettings {
    RabbitSettings {
        namespace: namespace.to_owned(),
        delivery_limit: DELIVERY_LIMIT,
        reconnect_min: Duration::from_millis(10),
        reconnect_max: Duration::from_millis(200),
        ..RabbitSettings::new(server())
    }
}

fn server() -> Url {
    #[expect(clippy::disallowed_methods, reason = "tests take addresses from the environment")]
    let address = std::env::var("POSTRIDER_TEST_RABBITMQ");
    let address = address.as_deref().unwrap_or("amqp://guest:guest@127.0.0.1:5672");
    address.parse().expect("POSTRIDER_TEST_RABBITMQ is a URL")
}
