//! The exchange and the queues, what they are called, and declaring them.
//!
//! Names carry a version because the broker never changes the arguments of a queue that exists: other
//! arguments are another queue.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongInt, ShortString};
use lapin::{Channel, ExchangeKind};
use postrider_domain::Invalid;
use postrider_domain::ports::QueueName;

use crate::RabbitSettings;

/// What the exchange and the queues are called.
#[derive(Debug, Clone)]
pub(crate) struct Topology {
    events_exchange: ShortString,
    events: ShortString,
    deliveries: ShortString,
    retries: ShortString,
    inbox: ShortString,
    dead: ShortString,
    delivery_limit: LongInt,
}

/// Where a message is published to: an exchange, and what it is routed by unless the message says.
pub(crate) struct Route<'a> {
    pub(crate) exchange: ShortString,
    /// Set when messages go straight to this queue.
    pub(crate) queue: Option<&'a ShortString>,
}

impl Topology {
    /// Dead messages beyond this many push the oldest out, so that nobody's disk fills with them.
    const DEAD_LIMIT: LongInt = 100_000;
    /// Leaves room in the 255 bytes of an AMQP name.
    const MAX_NAMESPACE: usize = 200;

    pub(crate) fn new(settings: &RabbitSettings) -> Result<Self, Invalid> {
        let namespace = settings.namespace.as_str();
        if namespace.is_empty() || namespace.len() > Self::MAX_NAMESPACE {
            return Err(Invalid::new("the queue namespace must have 1 to 200 bytes"));
        }
        let name = |suffix: &str| ShortString::from(format!("{namespace}.{suffix}"));
        Ok(Self {
            events_exchange: name("events"),
            events: name("events.v1"),
            deliveries: name("deliveries.v1"),
            retries: name("retries.v1"),
            inbox: name("inbox.v1"),
            dead: name("dead.v1"),
            delivery_limit: LongInt::from(settings.delivery_limit),
        })
    }

    /// The queue that is consumed.
    pub(crate) fn queue(&self, queue: QueueName) -> ShortString {
        match queue {
            QueueName::Events => self.events.clone(),
            QueueName::Deliveries => self.deliveries.clone(),
            QueueName::Retries => self.retries.clone(),
            QueueName::Inbox => self.inbox.clone(),
        }
    }

    /// Where messages for `queue` are published. Events pass an exchange that other services can
    /// bind to; ids are nobody else's business.
    pub(crate) fn route(&self, queue: QueueName) -> Route<'_> {
        match queue {
            QueueName::Events => Route { exchange: self.events_exchange.clone(), queue: None },
            QueueName::Deliveries => {
                Route { exchange: ShortString::default(), queue: Some(&self.deliveries) }
            }
            QueueName::Retries => {
                Route { exchange: ShortString::default(), queue: Some(&self.retries) }
            }
            QueueName::Inbox => {
                Route { exchange: ShortString::default(), queue: Some(&self.inbox) }
            }
        }
    }

    /// Declares everything; what is there already stays as it is.
    pub(crate) async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
        channel
            .exchange_declare(
                self.events_exchange.clone(),
                ExchangeKind::Topic,
                durable,
                FieldTable::default(),
            )
            .await?;

        declare_queue(channel, &self.dead, dead_arguments()).await?;
        for queue in [&self.events, &self.deliveries, &self.retries, &self.inbox] {
            declare_queue(channel, queue, self.work_arguments()).await?;
        }

        channel
            .queue_bind(
                self.events.clone(),
                self.events_exchange.clone(),
                "#".into(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
    }

    /// Dead letters go by the default exchange, which nobody can delete, and at least once: should
    /// the dead queue be missing they wait in their queue until it is declared again. The broker
    /// asks for `reject-publish` with that; without a length limit it has no effect.
    fn work_arguments(&self) -> FieldTable {
        let mut arguments = quorum();
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(self.delivery_limit));
        arguments.insert("x-dead-letter-exchange".into(), text(""));
        arguments.insert("x-dead-letter-routing-key".into(), text(self.dead.as_str()));
        arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
        arguments.insert("x-overflow".into(), text("reject-publish"));
        arguments
    }
}

fn dead_arguments() -> FieldTable {
    let mut arguments = quorum();
    arguments.insert("x-max-length".into(), AMQPValue::LongInt(Topology::DEAD_LIMIT));
    arguments
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

async fn declare_queue(
    channel: &Channel,
    name: &ShortString,
    arguments: FieldTable,
) -> lapin::Result<()> {
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(name.clone(), durable, arguments).await.map(drop)
}
