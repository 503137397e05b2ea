//! The scheduler: whatever the store says is due goes to its queue.
//!
//! It looks at fixed intervals and not at timers of its own, since the schedule is data that others
//! change: a retry, a replay, a resume or a lost message is noticed alike. While the queue is down
//! nothing is taken, because what is taken is not due again for a while.

use postrider_domain::causes;
use std::convert::Infallible;

use postrider_domain::ports::{Health, StoreError};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::Dispatcher;

impl Dispatcher {
    /// Sends on due work until `shutdown`.
    ///
    /// # Errors
    /// None: a store or queue that is away is tried again at the next tick.
    pub async fn run_scheduler(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let mut ticks = interval(self.parts.config.poll_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            let sent = self.send_due(&shutdown).await;
            // Said once per outage, not once per tick.
            match &sent {
                Err(error) if !failing => {
                    warn!(error = %causes(error), "the scheduler cannot look for due work");
                }
                Ok(()) if failing => info!("the scheduler works again"),
                Ok(()) | Err(_) => {}
            }
            failing = sent.is_err();
        }
    }

    /// Sends on everything that is due at this moment.
    async fn send_due(&self, shutdown: &CancellationToken) -> Result<(), StoreError> {
        while self.parts.queue.health() == Health::Up && !shutdown.is_cancelled() {
            let full = self.send_due_batch().await?;
            if !full {
                break;
            }
        }
        Ok(())
    }

    /// Sends on one batch of each kind; whether any was full, so that there may be more.
    async fn send_due_batch(&self) -> Result<bool, StoreError> {
        let parts = &self.parts;
        let (limit, now) = (parts.config.due_batch, parts.clock.now());

        let released = parts.store.release_held(now, limit).await?;
        parts.metrics.deliveries_released.inc_by(released);

        let deliveries =
            parts.store.take_due_deliveries(now, parts.config.rescue_after, limit).await?;
        parts.metrics.deliveries_due.inc_by(deliveries.len() as u64);
        self.publisher.publish_deliveries(&deliveries).await;

        let events =
            parts.store.take_due_events(now, parts.config.event_rescue_after, limit).await?;
        parts.metrics.events_rescued.inc_by(events.len() as u64);
        self.publisher.publish_events(&events).await;

        if released > 0 || !deliveries.is_empty() || !events.is_empty() {
            debug!(
                released,
                deliveries = deliveries.len(),
                events = events.len(),
                "sent on what was due"
            );
        }
        let limit = limit as usize;
        Ok(deliveries.len() == limit || events.len() == limit || released == limit as u64)
    }
}
