//! The scheduler of the inbox: whatever the store says is due is announced.
//!
//! It looks at fixed intervals and not at timers of its own, since the schedule is data that others
//! change. While the queue is down nothing is taken, because what is taken is not due again for a while.

use std::convert::Infallible;
use std::sync::Arc;

use postrider_domain::Clock;
use postrider_domain::ports::{Health, InboxStore, Queue, StoreError};
use postrider_runtime::{Process, repeat};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::announce::Announcer;
use super::pace::Pace;
use super::{InboxConfig, InboxMetrics};

/// What a scheduler is made of.
pub struct SchedulerParts {
    /// Where due work is found.
    pub store: Arc<dyn InboxStore>,
    /// Where it is announced.
    pub queue: Arc<dyn Queue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The settings.
    pub config: InboxConfig,
    /// The metrics.
    pub metrics: InboxMetrics,
}

/// The scheduler; clones share everything. Any number may run, in one process or in many.
#[derive(Clone)]
pub struct Scheduler {
    pub(super) parts: Arc<SchedulerParts>,
    announcer: Arc<Announcer>,
}

impl Scheduler {
    /// Makes a scheduler; nothing runs yet.
    pub fn new(parts: SchedulerParts) -> Self {
        let announcer = Announcer::new(parts.queue.publisher(), parts.metrics.clone());
        Self { parts: Arc::new(parts), announcer: Arc::new(announcer) }
    }

    /// Spawns all of its loops in `process`.
    pub fn spawn(self, process: &mut Process) {
        let shutdown = process.shutdown.clone();
        process.spawn("inbox scheduler", self.clone().run(shutdown.clone()));
        process.spawn("inbox sampling", self.clone().run_sampling(shutdown.clone()));
        process.spawn("inbox retention", self.run_retention(shutdown));
    }

    /// Announces what is due until `shutdown`.
    ///
    /// # Errors
    /// None: a store or queue that is away is tried again at the next tick.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let every = self.parts.config.poll_interval;
        let pace = Mutex::new(Pace::new(self.parts.config.due_batch as usize));
        let turn = || self.announce_due(&pace, &shutdown);
        repeat(every, "look for due webhooks", &shutdown, turn).await;
        Ok(())
    }

    /// Announces everything that is due at this moment, as far as the processors keep up.
    async fn announce_due(
        &self,
        pace: &Mutex<Pace>,
        shutdown: &CancellationToken,
    ) -> Result<(), StoreError> {
        let SchedulerParts { store, queue, clock, config, metrics } = &*self.parts;
        let mut pace = pace.lock().await;
        // The same for all batches: what becomes due meanwhile is for the next turn, so that this one
        // ends.
        let now = clock.now();
        while queue.health() == Health::Up && !shutdown.is_cancelled() {
            if !pace.may_go_on(&**store, now).await? {
                break;
            }
            let due_again = pace.due_again(now, config.rescue_after);
            let due = store.take_due_inbox(now, due_again, config.due_batch).await?;
            if !self.announcer.announce(&due).await {
                // More would only become due later than it must.
                break;
            }
            metrics.due.inc_by(due.len() as u64);
            pace.announced(&due, due_again);
            if due.len() < config.due_batch as usize {
                break;
            }
        }
        Ok(())
    }
}
