//! Counting what waits, for the metrics and for charts. A task of its own: nothing that takes long comes before it.

use std::collections::BTreeMap;
use std::convert::Infallible;

use postrider_domain::ports::{Backlog, QueueName, StoreError};
use postrider_domain::{BacklogSample, BoundedCount, Timestamp, causes};
use postrider_runtime::repeat;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::Dispatcher;

#[cfg(test)]
mod tests;

impl Dispatcher {
    /// Samples the backlog until `shutdown`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next tick.
    pub async fn run_sampling(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let every = self.parts.config.backlog_interval;
        repeat(every, "count the deliveries that wait", &shutdown, || self.sample_backlog()).await;
        Ok(())
    }

    /// What cannot be counted keeps its last values, and nothing else from being counted.
    async fn sample_backlog(&self) -> Result<(), StoreError> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let backlog = parts.operations.backlog(now).await;
        let breakers = parts.flows.open_breakers().await;
        if let Ok(backlog) = &backlog {
            self.show(backlog);
        }
        if let Ok(open) = &breakers {
            let open = i64::try_from(open.count).unwrap_or(i64::MAX);
            parts.metrics.backlog.open_breakers.set(open);
        }
        let queues = self.queue_depths().await;
        let sample = sample(now, backlog.as_ref().ok(), breakers.as_ref().ok(), queues);
        let recorded = parts.activity.record_backlog(&sample).await;
        backlog.map(drop).and(breakers.map(drop)).and(recorded)
    }

    /// How many messages wait in each queue; none where that cannot be found out.
    async fn queue_depths(&self) -> BTreeMap<String, Option<u64>> {
        let mut depths = BTreeMap::new();
        for queue in QueueName::ALL {
            let depth = self.parts.queue.depth(*queue).await;
            // A queue that is away shows in readiness.
            let depth = depth.inspect_err(|error| debug!(error = %causes(error), "no queue depth"));
            depths.insert(queue.as_str().to_owned(), depth.ok());
        }
        depths
    }

    fn show(&self, backlog: &Backlog) {
        let metrics = &self.parts.metrics.backlog;
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        metrics.undispatched.set(gauge(backlog.undispatched));
        metrics.wanted.set(gauge(backlog.wanted));
        metrics.waiting.set(gauge(backlog.waiting));
        metrics.held.set(gauge(backlog.held));
        let age = backlog.oldest_wanted_at.map(|at| self.parts.clock.now().since(at));
        metrics.oldest_wanted_seconds.set(age.unwrap_or_default().as_secs_f64());
    }
}

/// What was found out, as it is kept.
fn sample(
    at: Timestamp,
    backlog: Option<&Backlog>,
    open_breakers: Option<&BoundedCount>,
    queues: BTreeMap<String, Option<u64>>,
) -> BacklogSample {
    let limit = u64::try_from(Backlog::COUNT_LIMIT).unwrap_or_default();
    let count = |of: fn(&Backlog) -> u64| {
        let count = of(backlog?);
        // Counting stopped there, whether or not there were more.
        Some(BoundedCount { count, more: count >= limit })
    };
    BacklogSample {
        at,
        undispatched: count(|backlog| backlog.undispatched),
        wanted: count(|backlog| backlog.wanted),
        waiting: count(|backlog| backlog.waiting),
        held: count(|backlog| backlog.held),
        dead: count(|backlog| backlog.dead),
        open_breakers: open_breakers.copied(),
        oldest_due_at: backlog.and_then(|backlog| backlog.oldest_wanted_at),
        queues,
    }
}
