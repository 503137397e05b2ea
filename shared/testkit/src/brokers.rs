//! Brokers for tests: queues of its own for each test, which go away with the test.

mod local;
mod rabbit;
mod tap;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use postrider_domain::ports::Queue;

pub use local::LocalBroker;
pub use rabbit::RabbitBroker;
pub use tap::{ExchangeTap, Tapped};

/// How often queues in tests put a message back before it is dead.
pub const DELIVERY_LIMIT: u16 = 3;

/// A back end of the queues, and the look behind it that tests need.
#[async_trait]
pub trait Broker: Send + Sync {
    /// The queues.
    fn queue(&self) -> Arc<dyn Queue>;

    /// Waits until `count` messages are dead, and returns their bodies in any order.
    async fn dead(&self, count: usize) -> Vec<Bytes>;
}
