//! What can be set about the queues on RabbitMQ.

use std::fmt;
use std::time::Duration;

use backon::ExponentialBuilder;

/// Where the broker is, and how patient its clients are.
#[derive(Clone, PartialEq, Eq)]
pub struct RabbitSettings {
    /// `amqp://user:password@host:port/vhost`, or `amqps://…`.
    pub url: String,
    /// What the names of queues and exchanges begin with.
    pub namespace: String,
    /// How often a message may be requeued before it goes to the dead queue. The broker refuses to
    /// change it for a queue that exists.
    pub delivery_limit: u16,
    /// How long connecting may take, the handshake included.
    pub connect_timeout: Duration,
    /// How long a publish may take, and how long the broker may take to answer anything else.
    pub confirm_timeout: Duration,
    /// The first pause before connecting again; tests hurry it.
    pub reconnect_min: Duration,
    /// The longest pause before connecting again.
    pub reconnect_max: Duration,
    /// After this long without a sign of life a connection is half lost, and after twice as long it
    /// is given up. Whole seconds.
    pub heartbeat: Duration,
    /// How many calls may publish at the same time; more wait for their turn.
    pub publish_lanes: usize,
}

impl RabbitSettings {
    /// The defaults, for the broker at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            namespace: "postrider".to_owned(),
            delivery_limit: 20,
            connect_timeout: Duration::from_secs(5),
            confirm_timeout: Duration::from_secs(5),
            reconnect_min: Duration::from_millis(100),
            reconnect_max: Duration::from_secs(5),
            heartbeat: Duration::from_secs(10),
            publish_lanes: 16,
        }
    }

    /// Pauses between attempts to connect: they grow, are spread, and never end.
    pub(crate) fn pauses(&self) -> ExponentialBuilder {
        ExponentialBuilder::new()
            .with_min_delay(self.reconnect_min)
            .with_max_delay(self.reconnect_max)
            .with_jitter()
            .without_max_times()
    }
}

/// The address holds a password, so it is not shown.
impl fmt::Debug for RabbitSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RabbitSettings")
            .field("namespace", &self.namespace)
            .field("delivery_limit", &self.delivery_limit)
            .field("connect_timeout", &self.connect_timeout)
            .field("confirm_timeout", &self.confirm_timeout)
            .field("reconnect_min", &self.reconnect_min)
            .field("reconnect_max", &self.reconnect_max)
            .field("heartbeat", &self.heartbeat)
            .field("publish_lanes", &self.publish_lanes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_the_settings_shows_no_password() {
        let settings = RabbitSettings::new("amqp://someone:hunter2@broker.example/%2f");
        let shown = format!("{settings:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("broker.example"), "{shown}");
    }
}
