//! What separate processes share.

use url::Url;

use super::Postgres;
use super::rabbitmq::RabbitMq;
use crate::args::ServerArgs;
use crate::meter::{Source, Sources};

/// The database server and the broker.
pub(crate) struct Servers {
    postgres: Postgres,
    rabbitmq: RabbitMq,
}

impl Servers {
    /// Finds them.
    pub(crate) async fn open(args: &ServerArgs) -> anyhow::Result<Self> {
        Ok(Self {
            postgres: Postgres::connect(args.postgres.clone()).await?,
            rabbitmq: RabbitMq::new(args.rabbitmq.clone()),
        })
    }

    /// Creates a database and notes a namespace of the same name; the URLs of both servers.
    pub(crate) async fn create(&mut self, name: &str) -> anyhow::Result<(Url, Url)> {
        Ok((self.postgres.create(name).await?, self.rabbitmq.claim(name)))
    }

    /// Those that run on this machine.
    pub(crate) fn sources(&self) -> Sources {
        let postgres = self.postgres.main_process().map(Source::Postgres);
        let rabbitmq = self.rabbitmq.main_process().map(Source::RabbitMq);
        let both = [("postgres", postgres), ("rabbitmq", rabbitmq)];
        both.into_iter().filter_map(|(name, source)| Some((name, source?))).collect()
    }

    /// Removes everything that was created. Goes on after a failure, and returns the first.
    pub(crate) async fn remove(&mut self) -> anyhow::Result<()> {
        let removed = self.postgres.remove().await;
        removed.and(self.rabbitmq.remove().await)
    }
}
