//! The worker: takes deliveries from the queue, posts them, and records every attempt.
//!
//! The order of things, which each delivery goes through on its own task:
//!
//! 1. **slot**: one of `concurrency`; without it nothing is taken, so what cannot start yet stays in
//!    the queue, where another worker can take it ([`run`]). Retries have a share of the slots only;
//! 2. **message**: the ids of deliveries that are ready; it is settled once all of them are;
//! 3. **claim**: a lease on the delivery, with all that is needed to make the request. Whatever is
//!    ready at the same time is claimed by one statement;
//! 4. **place**: a registration has a number of places for requests on their way. Where its receiver
//!    hangs, what has no place is **parked** in the store, which lets it go again later;
//! 5. **request**: with its token and its certificate, signed, posted through the egress guard, its
//!    answer read within one deadline and one limit. No connection to the store is held meanwhile;
//! 6. **record**: the attempt and what follows from it (delivered, a later retry, held, dead), many in
//!    one commit;
//! 7. **report**: what changes the health of the receiver, for the breaker that all workers share;
//! 8. **settle**: the message is acknowledged.
//!
//! What is not guaranteed: that a receiver sees a delivery once. A worker that dies between 5 and 6
//! leaves a delivery whose lease ends, and the scheduler has it sent again under the same id.
#![warn(missing_docs)]

mod attempt;
mod claim;
mod clients;
mod config;
mod deliver;
mod gate;
mod health;
mod intake;
mod lanes;
mod metrics;
mod oauth;
mod park;
mod places;
mod record;
mod report;
mod send;
mod settle;
mod store;
mod tokens;

use std::sync::Arc;

use postrider_domain::ports::{DeliveryStore, FlowStore, Queue, QueueError, QueueName};
use postrider_domain::{Clock, Ids, Invalid, RetryPolicy};
use postrider_egress::GuardedClient;
use postrider_runtime::Process;
use tokio_util::task::TaskTracker;

pub use config::WorkerConfig;
pub use intake::{Consumers, run};
pub use metrics::Metrics;

/// What a worker is made of.
pub struct WorkerParts {
    /// Where deliveries are claimed and attempts recorded.
    pub store: Arc<dyn DeliveryStore>,
    /// Where deliveries are parked, and where it is told how receivers do.
    pub flows: Arc<dyn FlowStore>,
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
    sender: send::Sender,
    clock: Arc<dyn Clock>,
    ids: Ids,
    config: WorkerConfig,
    policy: RetryPolicy,
    metrics: Metrics,
    name: String,
    slots: lanes::Slots,
    places: Arc<places::Places>,
    claims: claim::Claims,
    parking: park::Parking,
    records: record::Records,
    reporter: report::Reporter,
}

impl Worker {
    /// Puts a worker together.
    ///
    /// # Errors
    /// When the retry schedule makes no sense; [`WorkerConfig::validate`] says so beforehand.
    pub fn new(parts: WorkerParts) -> Result<Self, Invalid> {
        let WorkerParts {
            store,
            flows,
            client,
            clock,
            ids,
            config,
            metrics,
            worker_name: name,
            tracker,
        } = parts;
        let store = store::PatientStore::new(store, Arc::clone(&clock), config.store_retries);
        let flows = store::PatientFlows::new(flows, Arc::clone(&clock), config.store_retries);
        let places = places::Places::new(config.place_limits(), metrics.receivers.stalled.clone());
        let tools = Tools {
            clock: &clock,
            ids: &ids,
            config: &config,
            metrics: &metrics,
            tracker: &tracker,
        };
        Ok(Self {
            policy: config.retry_policy()?,
            slots: lanes::Slots::new(config.concurrency, config.retry_share),
            claims: claim::start(store.clone(), Arc::clone(&places), &tools),
            parking: park::Parking::start(flows.clone(), &tools),
            records: record::start(store, &tools),
            reporter: report::Reporter::start(flows, &tools),
            sender: send::Sender::new(client, Arc::clone(&clock), config.max_response_bytes),
            places,
            clock,
            ids,
            config,
            metrics,
            name,
        })
    }

    /// Consumes the deliveries of `queue` in `process`.
    ///
    /// # Errors
    /// When the queue is closed.
    pub async fn spawn(self, process: &mut Process, queue: &dyn Queue) -> Result<(), QueueError> {
        let consumers = Consumers {
            fresh: queue.consume(QueueName::Deliveries, self.config.prefetch).await?,
            retries: queue.consume(QueueName::Retries, self.config.prefetch).await?,
        };
        process.spawn("worker", run(Arc::new(self), consumers, process.shutdown.clone()));
        Ok(())
    }
}

/// What the parts that talk to the store are made with.
struct Tools<'a> {
    clock: &'a Arc<dyn Clock>,
    ids: &'a Ids,
    config: &'a WorkerConfig,
    metrics: &'a Metrics,
    tracker: &'a TaskTracker,
}
