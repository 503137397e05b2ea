//! The worker: takes deliveries from the queue, posts them, and records every attempt.
//!
//! The order of things, which each delivery goes through on its own task:
//!
//! 1. **slot**: one of `concurrency`; without it nothing is taken, so what cannot start yet stays in
//!    the queue, where another worker can take it ([`run`]);
//! 2. **message**: the ids of deliveries that are ready; it is settled once all of them are;
//! 3. **claim**: a lease on the delivery, with all that is needed to make the request. Whatever is
//!    ready at the same time is claimed by one statement;
//! 4. **request**: signed, posted through the egress guard, its answer read within one deadline and
//!    one limit. No connection to the store is held meanwhile;
//! 5. **record**: the attempt and what follows from it (delivered, a later retry, dead), many in one
//!    commit;
//! 6. **settle**: the message is acknowledged.
//!
//! What is not guaranteed: that a receiver sees a delivery once. A worker that dies between 4 and 5
//! leaves a delivery whose lease ends, and the scheduler has it sent again under the same id.
#![warn(missing_docs)]

mod attempt;
mod claim;
mod config;
mod deliver;
mod intake;
mod metrics;
mod record;
mod request;
mod retry_after;
mod settle;
mod store;
mod ticket;

use std::sync::Arc;

use postrider_domain::ports::{DeliveryStore, Queue, QueueError, QueueName};
use postrider_domain::{Clock, Ids, Invalid, RetryPolicy};
use postrider_egress::GuardedClient;
use postrider_runtime::Process;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub use config::WorkerConfig;
pub use intake::run;
pub use metrics::Metrics;

/// What a worker is made of.
pub struct WorkerParts {
    /// Where deliveries are claimed and attempts recorded.
    pub store: Arc<dyn DeliveryStore>,
    /// What requests are made with; its settings are [`WorkerConfig::client_settings`].
    pub client: GuardedClient,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where ids and jitter come from.
    pub ids: Ids,
    /// The settings.
    pub config: WorkerConfig,
    /// The metrics.
    pub metrics: Metrics,
    /// What this process is called in the record of its attempts.
    pub worker_name: String,
    /// Where the tasks that claim and record run. They end once the worker is dropped.
    pub tracker: TaskTracker,
}

/// Attempts deliveries; [`run`] feeds it.
pub struct Worker {
    client: GuardedClient,
    clock: Arc<dyn Clock>,
    ids: Ids,
    config: WorkerConfig,
    policy: RetryPolicy,
    metrics: Metrics,
    name: String,
    slots: Arc<Semaphore>,
    claims: claim::Claims,
    records: record::Records,
}

impl Worker {
    /// Puts a worker together.
    ///
    /// # Errors
    /// When the retry schedule makes no sense; [`WorkerConfig::validate`] says so beforehand.
    pub fn new(parts: WorkerParts) -> Result<Self, Invalid> {
        let WorkerParts { store, client, clock, ids, config, metrics, worker_name, tracker } =
            parts;
        let store = store::PatientStore::new(store, Arc::clone(&clock), config.store_retries);
        Ok(Self {
            policy: config.retry_policy()?,
            slots: Arc::new(Semaphore::new(config.concurrency)),
            claims: claim::start(store.clone(), ids.clone(), &config, metrics.clone(), &tracker),
            records: record::start(store, &config, metrics.clone(), &tracker),
            client,
            clock,
            ids,
            config,
            metrics,
            name: worker_name,
        })
    }

    /// Consumes the deliveries of `queue` in `process`.
    ///
    /// # Errors
    /// When the queue is closed.
    pub async fn spawn(self, process: &mut Process, queue: &dyn Queue) -> Result<(), QueueError> {
        let consumer = queue.consume(QueueName::Deliveries, self.config.prefetch).await?;
        process.spawn("worker", run(Arc::new(self), consumer, process.shutdown.clone()));
        Ok(())
    }
}
