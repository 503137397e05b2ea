//! What arrives at an exchange of a test's own.

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::options::{
    BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, Consumer, ExchangeKind};

use super::RabbitBroker;

/// A topic exchange with a queue behind it. Both are gone when this value is dropped.
pub struct ExchangeTap {
    exchange: String,
    messages: Consumer,
    _channel: Channel,
    _connection: Connection,
}

/// A message as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tapped {
    /// What it was routed by.
    pub routing_key: String,
    /// The property `content-type`.
    pub content_type: Option<String>,
    /// The property `message-id`.
    pub message_id: Option<String>,
    /// Whether the broker was to write it to disk.
    pub persistent: bool,
    /// The headers that are texts, by name.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl RabbitBroker {
    /// Declares the topic exchange `suffix`, and listens to what is routed by `pattern`.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn tap(&self, suffix: &str, pattern: &str) -> ExchangeTap {
        let exchange = self.name(suffix);
        let connection = self.connection().await;
        let listening = listen(&connection, &exchange, pattern).await;
        let (channel, messages) = listening.expect("an exchange and a queue can be declared");
        ExchangeTap { exchange, messages, _channel: channel, _connection: connection }
    }
}

impl ExchangeTap {
    /// The full name of the exchange.
    pub fn exchange(&self) -> &str {
        &self.exchange
    }

    /// Waits for the next message.
    ///
    /// # Panics
    /// When the server ends the connection.
    pub async fn next(&mut self) -> Tapped {
        let message = self.messages.next().await.expect("the consumer goes on");
        let message = message.expect("the connection is up");
        let text = |text: &lapin::types::ShortString| text.to_string();
        let headers = message.properties.headers().iter().flat_map(FieldTable::inner);
        let headers = headers.filter_map(|(name, value)| match value {
            AMQPValue::LongString(value) => Some((name.to_string(), value.to_string())),
            _ => None,
        });
        Tapped {
            routing_key: text(&message.routing_key),
            content_type: message.properties.content_type().as_ref().map(text),
            message_id: message.properties.message_id().as_ref().map(text),
            persistent: *message.properties.delivery_mode() == Some(2),
            headers: headers.collect(),
            body: message.data.into(),
        }
    }
}

async fn listen(
    connection: &Connection,
    exchange: &str,
    pattern: &str,
) -> lapin::Result<(Channel, Consumer)> {
    let channel = connection.create_channel().await?;
    // The queue ends with the connection, and the exchange with the queue.
    let options = ExchangeDeclareOptions { auto_delete: true, ..Default::default() };
    let arguments = FieldTable::default;
    channel.exchange_declare(exchange.into(), ExchangeKind::Topic, options, arguments()).await?;
    let options = QueueDeclareOptions { exclusive: true, ..Default::default() };
    let queue = channel.queue_declare("".into(), options, arguments()).await?.name().clone();
    let options = QueueBindOptions::default();
    channel
        .queue_bind(queue.clone(), exchange.into(), pattern.into(), options, arguments())
        .await?;
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let messages = channel.basic_consume(queue, "".into(), options, arguments()).await?;
    Ok((channel, messages))
}
