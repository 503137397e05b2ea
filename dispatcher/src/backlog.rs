//! Looking after the store: what waits in it, and room for what comes.

use postrider_domain::causes;
use std::convert::Infallible;
use std::time::Duration;

use postrider_domain::ports::Backlog;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::Dispatcher;

/// How often room is made. It reaches days ahead, so that missing many turns does no harm.
const STORAGE_INTERVAL: Duration = Duration::from_hours(1);

impl Dispatcher {
    /// Samples the backlog and prepares storage until `shutdown`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next tick.
    pub async fn run_housekeeping(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let mut ticks = interval(self.parts.config.backlog_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut prepared: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            self.sample_backlog().await;
            if prepared.is_none_or(|at| at.elapsed() >= STORAGE_INTERVAL)
                && self.prepare_storage().await
            {
                prepared = Some(Instant::now());
            }
        }
    }

    async fn sample_backlog(&self) {
        let now = self.parts.clock.now();
        match self.parts.operations.backlog(now).await {
            Ok(backlog) => self.show(&backlog),
            // The gauges keep their last values; the failure shows in readiness.
            Err(error) => warn!(error = %causes(&error), "the backlog cannot be counted"),
        }
    }

    fn show(&self, backlog: &Backlog) {
        let metrics = &self.parts.metrics;
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        metrics.undispatched.set(gauge(backlog.undispatched));
        metrics.wanted.set(gauge(backlog.wanted));
        metrics.waiting.set(gauge(backlog.waiting));
        metrics.held.set(gauge(backlog.held));
        let age = backlog.oldest_wanted_at.map(|at| self.parts.clock.now().since(at));
        metrics.oldest_wanted_seconds.set(age.unwrap_or_default().as_secs_f64());
    }

    async fn prepare_storage(&self) -> bool {
        let (now, ahead) = (self.parts.clock.now(), self.parts.config.storage_ahead);
        match self.parts.operations.prepare_storage(now, ahead).await {
            Ok(0) => true,
            Ok(made) => {
                info!(partitions = made, "made room for new records");
                true
            }
            Err(error) => {
                warn!(error = %causes(&error), "room for new records cannot be made");
                false
            }
        }
    }
}
