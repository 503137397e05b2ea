//! Exchanges on RabbitMQ.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use postrider_backends::{ExchangeError, ExchangeMessage, ExchangePublisher, open_exchanges};

use super::{Brokers, Exchange, Message};
use crate::HandlerError;

/// RabbitMQ brokers by their addresses. Handlers with the same broker share their connection.
pub struct RabbitBrokers {
    queue: Option<String>,
    opened: Mutex<HashMap<String, Arc<RabbitExchange>>>,
}

impl RabbitBrokers {
    /// `queue` is where the process's own messages go, as in its settings: when that is a broker,
    /// handlers without a `url` publish there.
    pub fn new(queue: Option<&str>) -> Self {
        let is_amqp = |url: &&str| url.starts_with("amqp://") || url.starts_with("amqps://");
        Self { queue: queue.filter(is_amqp).map(String::from), opened: Mutex::default() }
    }

    /// Says good-bye to every broker.
    pub async fn close(&self) {
        let opened: Vec<_> = self.opened().values().cloned().collect();
        for exchange in opened {
            exchange.0.close().await;
        }
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<RabbitExchange>>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Brokers for RabbitBrokers {
    fn open(&self, url: Option<&str>) -> Result<Arc<dyn Exchange>, String> {
        let url = url.or(self.queue.as_deref()).ok_or(
            "`url` is not set, and `queue` names no RabbitMQ server that could be used instead",
        )?;
        let mut opened = self.opened();
        if let Some(exchange) = opened.get(url) {
            return Ok(Arc::clone(exchange) as Arc<dyn Exchange>);
        }
        let publisher = open_exchanges(url).map_err(|invalid| invalid.to_string())?;
        let exchange = Arc::new(RabbitExchange(publisher));
        opened.insert(url.to_owned(), Arc::clone(&exchange));
        Ok(exchange)
    }
}

struct RabbitExchange(ExchangePublisher);

#[async_trait]
impl Exchange for RabbitExchange {
    async fn publish(&self, message: Message) -> Result<(), HandlerError> {
        let Message { exchange, routing_key, content_type, id, headers, body } = message;
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let message =
            ExchangeMessage { exchange, routing_key, content_type, message_id: id, headers, body };
        match self.0.publish(&message).await {
            Err(error @ (ExchangeError::TooLong | ExchangeError::Refused { .. })) => {
                Err(HandlerError::fatal(error.to_string()))
            }
            published => Ok(published?),
        }
    }
}
