//! The publishing side: everything is sent, then every confirm is awaited.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, PublisherConfirm};
use postrider_domain::ports::{Outgoing, Publisher, QueueError, QueueName};
use tokio::time::timeout;

use crate::error::BrokerError;
use crate::lanes::Lanes;
use crate::link::{Link, Origin};
use crate::topology::{Route, Topology};

/// How many messages of one call are on their way to the socket at a time; confirms are not counted.
const WRITE_AHEAD: usize = 256;

/// Publishes on the lanes of one connection.
pub(crate) struct RabbitPublisher {
    link: Link,
    lanes: Lanes,
    topology: Topology,
    patience: Duration,
}

impl RabbitPublisher {
    pub(crate) fn new(link: Link, origin: &Origin) -> Self {
        let lanes = Lanes::new(origin.settings.publish_lanes);
        let (topology, patience) = (origin.topology.clone(), origin.settings.confirm_timeout);
        Self { link, lanes, topology, patience }
    }

    async fn publish_on_lane(
        &self,
        queue: QueueName,
        messages: &[Outgoing],
    ) -> Result<(), BrokerError> {
        let session = self.link.session().await?;
        let route = self.topology.route(queue);
        let published =
            self.lanes.with(&session, async |channel| send(channel, &route, messages).await);
        session.unless_ended(published).await
    }

    /// Sees to it that what made a publish fail does not last. The failed call itself is not
    /// repeated: its caller knows best when, and whether it still matters.
    async fn heal(&self, error: &BrokerError) {
        match error {
            error if error.is_unroutable() => {
                let declared = async { self.link.session().await?.check().await };
                if declared.await.is_err() {
                    self.link.doubt();
                }
            }
            BrokerError::Amqp(_) | BrokerError::Silent(_) => self.link.doubt(),
            _ => {}
        }
    }
}

#[async_trait]
impl Publisher for RabbitPublisher {
    async fn publish(&self, queue: QueueName, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        if messages.is_empty() {
            return Ok(());
        }
        let published = timeout(self.patience, self.publish_on_lane(queue, &messages)).await;
        let Err(error) = published.unwrap_or_else(|silent| Err(silent.into())) else {
            return Ok(());
        };
        self.heal(&error).await;
        Err(error.into())
    }
}

/// Sends all messages in order, then waits for all confirms, also after a bad one: the channel is
/// left with nothing outstanding.
async fn send(
    channel: &Channel,
    route: &Route<'_>,
    messages: &[Outgoing],
) -> Result<(), BrokerError> {
    let sends = messages
        .iter()
        .map(|message| Ok(publish_one(channel, route, message, routing_key(route, message)?)))
        .collect::<Result<Vec<_>, BrokerError>>()?;
    let confirms: Vec<PublisherConfirm> =
        stream::iter(sends).buffered(WRITE_AHEAD).try_collect().await?;

    let mut outcome = Ok(());
    for confirm in confirms {
        match confirm.await? {
            Confirmation::Ack(None) => {}
            // Confirmed as "not queued": the broker could not route it and sent it back.
            Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => {
                outcome = Err(BrokerError::Unroutable);
            }
            Confirmation::Nack(None) | Confirmation::NotRequested => {
                outcome = outcome.and(Err(BrokerError::Refused));
            }
        }
    }
    outcome
}

fn routing_key(route: &Route<'_>, message: &Outgoing) -> Result<ShortString, BrokerError> {
    match route.queue {
        Some(queue) => Ok(queue.clone()),
        None => Ok(ShortString::try_new(message.routing_key.as_str())?),
    }
}

async fn publish_one(
    channel: &Channel,
    route: &Route<'_>,
    message: &Outgoing,
    routing_key: ShortString,
) -> lapin::Result<PublisherConfirm> {
    /// Written to disk before it is confirmed.
    const PERSISTENT: u8 = 2;
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let properties = BasicProperties::default()
        .with_content_type(message.content_type.into())
        .with_delivery_mode(PERSISTENT);
    channel
        .basic_publish(route.exchange.clone(), routing_key, options, &message.body, properties)
        .await
}
