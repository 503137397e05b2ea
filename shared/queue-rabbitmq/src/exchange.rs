//! Publishing to exchanges that are somebody else's.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Confirmation};
use postrider_domain::Invalid;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::RabbitSettings;
use crate::address;
use crate::error::BrokerError;
use crate::lanes::Lanes;
use crate::session::Session;

/// A message for an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeMessage {
    /// The exchange, which must be there; empty for the one that routes by the name of a queue.
    pub exchange: String,
    /// What the exchange routes by, 255 bytes at the most.
    pub routing_key: String,
    /// The property `content-type`. One of more than 255 bytes is left out.
    pub content_type: Option<String>,
    /// The property `message-id`: the same whenever this message is published again.
    pub message_id: Option<String>,
    /// The headers, as long strings.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// Why a message was not published. None of these tells the address of the broker.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The exchange has no queue for the message, which is lost.
    #[error("no queue is bound to the exchange `{exchange}` for the routing key `{routing_key}`")]
    Unroutable {
        /// The exchange.
        exchange: String,
        /// The routing key.
        routing_key: String,
    },
    /// Nobody has declared the exchange.
    #[error("there is no exchange `{exchange}`")]
    NoExchange {
        /// The exchange.
        exchange: String,
    },
    /// A name has more than the 255 bytes that AMQP has room for. No other try mends that.
    #[error("the name of the exchange or of a header, or the routing key, has more than 255 bytes")]
    TooLong,
    /// The broker refuses the message as it is, such as one that is larger than it takes. No other try
    /// mends that.
    #[error("RabbitMQ refuses the message: {reason}")]
    Refused {
        /// Why, in its words.
        reason: String,
    },
    /// The broker is away, refused, or did not confirm in time: the message may be queued or not.
    #[error("RabbitMQ is not available")]
    Unavailable {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Publishes persistent messages to exchanges of one broker, each confirmed.
///
/// It connects with the first message, and again with the first one after the connection was lost.
pub struct ExchangePublisher {
    address: AMQPUri,
    name: String,
    settings: RabbitSettings,
    session: Mutex<Option<Arc<Session>>>,
    lanes: Lanes,
}

impl ExchangePublisher {
    /// Makes a publisher; nothing is connected yet.
    ///
    /// # Errors
    /// When the address cannot be right. It is not repeated.
    pub fn new(settings: RabbitSettings) -> Result<Self, Invalid> {
        Ok(Self {
            address: address::parse(&settings)?,
            name: format!("{} exchanges", settings.namespace),
            session: Mutex::default(),
            lanes: Lanes::new(settings.publish_lanes),
            settings,
        })
    }

    /// Publishes a message, and waits until the broker has it on disk in every queue it was routed to;
    /// for no longer than the time-outs of the settings together.
    ///
    /// # Errors
    /// Says why. Publishing the message again may queue it twice.
    pub async fn publish(&self, message: &ExchangeMessage) -> Result<(), ExchangeError> {
        let published = timeout(self.patience(), self.publish_on_lane(message)).await;
        published.unwrap_or_else(|silent| Err(silent.into())).map_err(|error| told(error, message))
    }

    /// Says good-bye to the broker. A message that is published later connects again.
    pub async fn close(&self) {
        if let Some(session) = self.session.lock().await.take() {
            session.close().await;
        }
    }

    fn patience(&self) -> Duration {
        // After a publish that was not confirmed in time, the connection is asked for a sign of life.
        self.settings.connect_timeout + 2 * self.settings.confirm_timeout
    }

    async fn publish_on_lane(&self, message: &ExchangeMessage) -> Result<(), BrokerError> {
        let session = self.session().await?;
        let publish = self.lanes.with(&session, async |channel| send(channel, message).await);
        let published = timeout(self.settings.confirm_timeout, session.unless_ended(publish)).await;
        let published = published.unwrap_or_else(|silent| Err(silent.into()));
        if let Err(BrokerError::Silent(_)) = &published
            // A blocked connection does not answer, and a new one would be blocked as well.
            && !session.is_blocked()
            && session.check().await.is_err()
        {
            self.drop_session(&session).await;
        }
        published
    }

    /// The connection, made again if it was lost. Who comes meanwhile waits for the same attempt.
    async fn session(&self) -> Result<Arc<Session>, BrokerError> {
        let mut kept = self.session.lock().await;
        if let Some(session) = kept.as_ref().filter(|session| session.is_connected()) {
            return Ok(Arc::clone(session));
        }
        if let Some(lost) = kept.take() {
            lost.cut();
        }
        let opened = Session::open(self.address.clone(), &self.name, &self.settings, None);
        let session = Arc::new(opened.await?);
        Ok(Arc::clone(kept.insert(session)))
    }

    /// Sees to it that a connection that does not answer is used no more.
    async fn drop_session(&self, session: &Arc<Session>) {
        let mut kept = self.session.lock().await;
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, session)) {
            *kept = None;
        }
        session.cut();
    }
}

fn told(error: BrokerError, message: &ExchangeMessage) -> ExchangeError {
    let ExchangeMessage { exchange, routing_key, .. } = message;
    if let Some(reason) = error.precondition() {
        return ExchangeError::Refused { reason };
    }
    match error {
        BrokerError::Unroutable => ExchangeError::Unroutable {
            exchange: exchange.clone(),
            routing_key: routing_key.clone(),
        },
        BrokerError::RoutingKey(_) => ExchangeError::TooLong,
        error if error.is_unroutable() => ExchangeError::NoExchange { exchange: exchange.clone() },
        error => ExchangeError::Unavailable { source: error.into() },
    }
}

async fn send(channel: &Channel, message: &ExchangeMessage) -> Result<(), BrokerError> {
    let exchange = ShortString::try_new(message.exchange.as_str())?;
    let routing_key = ShortString::try_new(message.routing_key.as_str())?;
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let properties = properties(message)?;
    let publish = channel.basic_publish(exchange, routing_key, options, &message.body, properties);
    match publish.await?.await? {
        Confirmation::Ack(None) => Ok(()),
        // Confirmed as "not queued": the broker could not route it and sent it back.
        Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => Err(BrokerError::Unroutable),
        Confirmation::Nack(None) | Confirmation::NotRequested => Err(BrokerError::Refused),
    }
}

fn properties(message: &ExchangeMessage) -> Result<BasicProperties, BrokerError> {
    /// Written to disk before it is confirmed.
    const PERSISTENT: u8 = 2;
    let mut headers = FieldTable::default();
    for (name, value) in &message.headers {
        let name = ShortString::try_new(name.as_str())?;
        headers.insert(name, AMQPValue::LongString(value.as_str().into()));
    }
    let mut properties =
        BasicProperties::default().with_delivery_mode(PERSISTENT).with_headers(headers);
    let short = |text: &Option<String>| ShortString::try_new(text.as_deref()?).ok();
    if let Some(content_type) = short(&message.content_type) {
        properties = properties.with_content_type(content_type);
    }
    if let Some(id) = short(&message.message_id) {
        properties = properties.with_message_id(id);
    }
    Ok(properties)
}
