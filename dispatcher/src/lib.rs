//! The dispatcher: events become deliveries, and whatever is due goes to the workers.
//!
//! Two loops move the work on, each leader-free, so that any number of replicas can run them:
//!
//! - [`Dispatcher::run`] takes event messages, creates the deliveries in one statement (filters and
//!   permissions are judged there, against what is committed at that moment), publishes their ids
//!   and acknowledges. A message handled twice creates nothing twice. Conditions are judged between
//!   that statement and a second one.
//! - [`Dispatcher::run_scheduler`] looks for due work in the store: retries whose time has come,
//!   deliveries and events whose message was lost, what was held and may go, replays. All of it is one
//!   path, so a broker that lost everything costs time and nothing else.
//!
//! [`Dispatcher::run_housekeeping`] looks after the store: room for what comes, and an end for what is
//! old or goes nowhere. [`Dispatcher::run_sampling`] shows what waits as metrics, and keeps it for
//! charts.
//!
//! What is not needed: an order between events, a lock between replicas, or the queue's memory.
#![warn(missing_docs)]

mod conditions;
mod config;
mod dispatch;
mod housekeeping;
mod metrics;
mod publish;
mod sampling;
mod schedule;

use std::sync::Arc;

use postrider_domain::ports::{
    ActivityStore, DispatchStore, FlowStore, OperationsStore, Queue, ReplayStore,
};
use postrider_domain::{Clock, Ids};
use postrider_runtime::Process;

pub use config::{DispatcherConfig, HoldConfig, ReleaseConfig, RetentionConfig};
pub use metrics::Metrics;

/// What a dispatcher is made of.
pub struct DispatcherParts {
    /// Where deliveries are created and due work is found.
    pub store: Arc<dyn DispatchStore>,
    /// Where deliveries are held and let go.
    pub flows: Arc<dyn FlowStore>,
    /// Where replays are.
    pub replays: Arc<dyn ReplayStore>,
    /// The store as something to look after.
    pub operations: Arc<dyn OperationsStore>,
    /// Where it is kept what waits, for charts.
    pub activity: Arc<dyn ActivityStore>,
    /// Where ids go.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where ids of notices come from.
    pub ids: Ids,
    /// Settings.
    pub config: DispatcherConfig,
    /// Counters.
    pub metrics: Metrics,
}

/// The dispatcher; clones share everything.
#[derive(Clone)]
pub struct Dispatcher {
    parts: Arc<DispatcherParts>,
    publisher: publish::IdPublisher,
    conditions: conditions::Conditions,
}

impl Dispatcher {
    /// Makes a dispatcher; nothing runs yet.
    pub fn new(parts: DispatcherParts) -> Self {
        let publisher = publish::IdPublisher::new(parts.queue.publisher(), parts.metrics.clone());
        let conditions = conditions::Conditions::new(parts.metrics.clone());
        Self { parts: Arc::new(parts), publisher, conditions }
    }

    /// Spawns all of its loops in `process`.
    pub fn spawn(self, process: &mut Process) {
        let shutdown = process.shutdown.clone();
        process.spawn("dispatcher", self.clone().run(shutdown.clone()));
        process.spawn("scheduler", self.clone().run_scheduler(shutdown.clone()));
        process.spawn("sampling", self.clone().run_sampling(shutdown.clone()));
        process.spawn("housekeeping", self.run_housekeeping(shutdown));
    }
}
