//! The receiving side of a process.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use postrider_domain::ports::{InboxStore, Queue};
use postrider_runtime::{Common, ConfigArgs, Loader, Process, Router};

use super::ReceiverSettings;
use super::reload::reload;
use crate::handlers::RabbitBrokers;
use crate::inbox::{
    Inbox, InboxMetrics, InboxParts, Processor, ProcessorParts, Scheduler, SchedulerParts,
};
use crate::routes::{ReceiveMetrics, Receiving, Then};
use crate::{ReceiverConfig, Receivers, SecretTable};

/// The receiving side of a process: either half of it, or both.
pub struct Side {
    settings: ReceiverSettings,
    receivers: Arc<Receivers>,
    brokers: Arc<RabbitBrokers>,
    store: Arc<dyn InboxStore>,
    queue: Arc<dyn Queue>,
    metrics: InboxMetrics,
}

impl Side {
    /// Puts it together, with its metrics in `process`, which reads the secrets again as configured.
    ///
    /// # Errors
    /// When two metrics have the same name.
    pub fn new(
        settings: ReceiverSettings,
        common: &Common,
        process: &mut Process,
        store: Arc<dyn InboxStore>,
        queue: Arc<dyn Queue>,
    ) -> anyhow::Result<Self> {
        let receivers = Arc::new(settings.receivers(Arc::clone(&process.clock)));
        let handlers = settings.config.handlers.iter().map(|handler| handler.name.as_str());
        let metrics = InboxMetrics::new(&process.registry, receivers.names(), handlers)?;
        let brokers = Arc::new(RabbitBrokers::new(common.queue.as_deref()));
        let (args, secrets) = (settings.args.clone(), Arc::clone(receivers.secrets()));
        let (every, shutdown) = (settings.config.reload_every, process.shutdown.clone());
        process.spawn("secrets", reload(secrets, move || secrets_of(&args), every, shutdown));
        Ok(Self { settings, receivers, brokers, store, queue, metrics })
    }

    /// The URLs of the receivers.
    ///
    /// # Errors
    /// When two metrics have the same name.
    pub fn router(&self, process: &Process) -> anyhow::Result<Router> {
        let inbox = Inbox::start(InboxParts {
            store: Arc::clone(&self.store),
            publisher: self.queue.publisher(),
            clock: Arc::clone(&process.clock),
            ids: process.ids.clone(),
            config: self.settings.config.inbox.clone(),
            metrics: self.metrics.clone(),
            tracker: process.tracker.clone(),
        });
        let receiving = Receiving::new(
            Arc::clone(&self.receivers),
            Then::Enqueue(Arc::new(inbox)),
            self.settings.config.http(),
            ReceiveMetrics::new(&process.registry, self.configured())?,
        );
        Ok(receiving.into_router())
    }

    /// The receivers that have secrets: the others are no concern of anybody's.
    fn configured(&self) -> BTreeSet<&'static str> {
        let table = self.settings.secrets.addresses();
        let known = table.filter_map(|address| self.receivers.provider(&address.receiver));
        known.map(|provider| provider.names()[0]).collect()
    }

    /// Runs handlers, and looks after the inbox, in `process`.
    ///
    /// # Errors
    /// When a handler cannot be made, or the queue is closed.
    pub async fn work(&self, process: &mut Process) -> anyhow::Result<()> {
        let config = &self.settings.config;
        let processor = Processor::new(ProcessorParts {
            store: Arc::clone(&self.store),
            receivers: Arc::clone(&self.receivers),
            chain: self.settings.chain(Arc::clone(&self.brokers))?,
            // What was kept of a request does not say how it came in.
            base: config.base(config.listen).context("`listen` is in no URL")?,
            clock: Arc::clone(&process.clock),
            ids: process.ids.clone(),
            config: config.inbox.clone(),
            metrics: self.metrics.clone(),
            tracker: process.tracker.clone(),
        })?;
        processor.spawn(process, &*self.queue).await?;
        let scheduler = Scheduler::new(SchedulerParts {
            store: Arc::clone(&self.store),
            queue: Arc::clone(&self.queue),
            clock: Arc::clone(&process.clock),
            config: config.inbox.clone(),
            metrics: self.metrics.clone(),
        });
        scheduler.spawn(process);
        Ok(())
    }

    /// Closes the connections of the handlers, once the process has ended.
    pub async fn close(&self) {
        self.brokers.close().await;
    }
}

/// The secrets as the configuration has them now.
fn secrets_of(args: &ConfigArgs) -> Result<SecretTable, String> {
    let mut loader = Loader::new(args.clone());
    let config = loader.section("receiver", ReceiverConfig::validate);
    let table = loader.check(config.secret_table());
    loader.finish(table).map_err(|error| error.to_string())
}
