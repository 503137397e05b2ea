//! Why talking to the broker failed, for logs and for the errors of the port.

use std::error::Error;

use lapin::ErrorKind;
use lapin::types::ShortStringError;
use postrider_domain::ports::QueueError;
use tokio::time::error::Elapsed;

/// Why talking to the broker failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrokerError {
    #[error("the broker refused, or the connection was lost")]
    Amqp(#[from] lapin::Error),

    #[error("the broker did not answer in time")]
    Silent(#[from] Elapsed),

    #[error("the connection was lost")]
    Ended,

    #[error("the broker found no queue for a message")]
    Unroutable,

    #[error("the broker refused to queue a message")]
    Refused,

    #[error("the broker ended the consumer, its queue is gone")]
    Cancelled,

    #[error("a routing key is too long")]
    RoutingKey(#[from] ShortStringError),

    #[error("not connected: {0}")]
    Down(String),

    #[error("the queue was closed")]
    Closed,
}

impl BrokerError {
    /// Whether a part of the topology is missing: the message came back, or its exchange is gone.
    pub(crate) fn is_unroutable(&self) -> bool {
        const NOT_FOUND: u16 = 404;
        match self {
            Self::Unroutable => true,
            Self::Amqp(error) => matches!(
                error.kind(),
                ErrorKind::ProtocolError(cause) if cause.get_id() == NOT_FOUND
            ),
            _ => false,
        }
    }

    /// What the broker has against a message, if it does not take it as it is: `406`, of which AMQP says
    /// that a precondition failed, as RabbitMQ does of a message that is larger than `max_message_size`.
    pub(crate) fn precondition(&self) -> Option<String> {
        const PRECONDITION_FAILED: u16 = 406;
        let Self::Amqp(error) = self else { return None };
        match error.kind() {
            ErrorKind::ProtocolError(cause) if cause.get_id() == PRECONDITION_FAILED => {
                Some(cause.get_message().to_string())
            }
            _ => None,
        }
    }

    /// The whole chain in one line: for the health report, which is text.
    pub(crate) fn reason(&self) -> String {
        let mut reason = self.to_string();
        let mut source = self.source();
        while let Some(error) = source {
            reason.push_str(": ");
            reason.push_str(&error.to_string());
            source = error.source();
        }
        reason
    }
}

impl From<BrokerError> for QueueError {
    fn from(error: BrokerError) -> Self {
        match error {
            BrokerError::Closed => Self::Closed,
            error if error.is_unroutable() => Self::Unroutable,
            error => Self::Unavailable { source: error.into() },
        }
    }
}
