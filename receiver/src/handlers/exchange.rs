//! What handlers need of a message broker.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::HandlerError;

/// A message for an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The exchange.
    pub exchange: String,
    /// What the exchange routes by.
    pub routing_key: String,
    /// The type of the body.
    pub content_type: Option<String>,
    /// What a repetition is recognised by.
    pub id: Option<String>,
    /// Facts about the webhook.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

/// A broker with exchanges.
#[async_trait]
pub trait Exchange: Send + Sync {
    /// Publishes a message, and returns once the broker has it on disk. It waits for a bounded time.
    ///
    /// # Errors
    /// The message is not there for certain: no queue is bound for it, or the broker is away.
    async fn publish(&self, message: Message) -> Result<(), HandlerError>;
}

/// Where brokers come from.
pub trait Brokers: Send + Sync {
    /// The broker at `url`, or that of the process. It need not answer yet.
    ///
    /// # Errors
    /// Says what is wrong in words, without the address, which may hold a password.
    fn open(&self, url: Option<&str>) -> Result<Arc<dyn Exchange>, String>;
}

/// For an application without a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoBrokers;

impl Brokers for NoBrokers {
    fn open(&self, _url: Option<&str>) -> Result<Arc<dyn Exchange>, String> {
        Err("this application publishes to no broker".into())
    }
}
