//! Queues that last for one scenario. The product declares them; here they are removed.

use std::net::IpAddr;

use anyhow::Context;
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Connection, ConnectionProperties};
use url::{Host, Url};

use crate::procfs::{self, Stat};

/// What the product declares under its namespace.
const QUEUES: [&str; 5] = ["events.v1", "deliveries.v1", "retries.v1", "inbox.v1", "dead.v1"];
const EXCHANGE: &str = "events";

/// The process of the Erlang machine.
const MACHINE: &str = "beam.smp";

/// The broker.
pub(super) struct RabbitMq {
    url: Url,
    /// Namespaces in which something is declared, or may be.
    claimed: Vec<String>,
}

impl RabbitMq {
    /// The broker at `url`.
    pub(super) fn new(url: Url) -> Self {
        Self { url, claimed: Vec::new() }
    }

    /// The broker's process, if it runs on this machine.
    pub(super) fn main_process(&self) -> Option<u32> {
        let is_machine = |pid: &u32| Stat::of(*pid).is_some_and(|stat| stat.name == MACHINE);
        procfs::pids().into_iter().find(is_machine).filter(|_| is_local(&self.url))
    }

    /// Notes a namespace that will be used, and returns the broker's URL.
    pub(super) fn claim(&mut self, namespace: &str) -> Url {
        self.claimed.push(namespace.to_owned());
        self.url.clone()
    }

    /// Removes everything in the namespaces that were claimed.
    pub(super) async fn remove(&mut self) -> anyhow::Result<()> {
        if self.claimed.is_empty() {
            return Ok(());
        }
        let connection = Connection::connect(self.url.as_str(), ConnectionProperties::default())
            .await
            .context("cannot connect to RabbitMQ")?;
        let channel = connection.create_channel().await?;
        while let Some(namespace) = self.claimed.last() {
            // Removing what is not there is no error to a broker.
            for queue in QUEUES {
                let name = format!("{namespace}.{queue}");
                channel.queue_delete(name.into(), QueueDeleteOptions::default()).await?;
            }
            let exchange = format!("{namespace}.{EXCHANGE}");
            channel.exchange_delete(exchange.into(), ExchangeDeleteOptions::default()).await?;
            self.claimed.pop();
        }
        connection.close(200, "done".into()).await?;
        Ok(())
    }
}

/// Whether the URL names this machine. Of schemes that it does not know, the parser leaves even an
/// IPv4 address as the text it is.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use lapin::options::QueueDeclareOptions;
    use lapin::types::FieldTable;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the address of the tests' broker")]
    fn broker() -> Url {
        std::env::var("POSTRIDER_TEST_RABBITMQ")
            .unwrap_or_else(|_| "amqp://guest:guest@127.0.0.1:5672".into())
            .parse()
            .unwrap()
    }

    #[test]
    fn a_broker_on_this_machine_is_known_by_its_url() {
        for (url, local) in [
            ("amqp://guest:guest@127.0.0.1:5672", true),
            ("amqp://localhost/%2f", true),
            ("amqp://[::1]:5672", true),
            ("amqp://10.0.0.1", false),
            ("amqps://broker.example:5671", false),
        ] {
            assert_eq!(is_local(&url.parse().unwrap()), local, "{url}");
        }
    }

    #[tokio::test]
    async fn what_is_declared_in_a_claimed_namespace_is_removed_and_the_rest_may_be_absent() {
        let mut rabbitmq = RabbitMq::new(broker());
        let namespace = format!("postrider_bench_test_{}", std::process::id());
        let url = rabbitmq.claim(&namespace);
        let connection =
            Connection::connect(url.as_str(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let name = format!("{namespace}.deliveries.v1");
        let declare =
            |options| channel.queue_declare(name.clone().into(), options, FieldTable::default());
        declare(QueueDeclareOptions::durable()).await.unwrap();

        rabbitmq.remove().await.unwrap();
        assert!(
            declare(QueueDeclareOptions { passive: true, ..Default::default() }).await.is_err()
        );
        assert!(rabbitmq.claimed.is_empty());
    }
}
