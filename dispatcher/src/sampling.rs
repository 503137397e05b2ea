//! Counting what waits, for the metrics. A task of its own: nothing that takes long comes before it.

use std::convert::Infallible;

use postrider_domain::causes;
use postrider_domain::ports::Backlog;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Dispatcher;

impl Dispatcher {
    /// Samples the backlog until `shutdown`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next tick.
    pub async fn run_sampling(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let mut ticks = interval(self.parts.config.backlog_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            self.sample_backlog().await;
        }
    }

    async fn sample_backlog(&self) {
        let now = self.parts.clock.now();
        match self.parts.operations.backlog(now).await {
            Ok(backlog) => self.show(&backlog),
            // The gauges keep their last values; the failure shows in readiness.
            Err(error) => warn!(error = %causes(&error), "the backlog cannot be counted"),
        }
        match self.parts.flows.open_breakers().await {
            Ok(open) => {
                let open = i64::try_from(open.count).unwrap_or(i64::MAX);
                self.parts.metrics.backlog.open_breakers.set(open);
            }
            Err(error) => warn!(error = %causes(&error), "open breakers cannot be counted"),
        }
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
