//! The scheduler: whatever the store says is due goes to its queue.
//!
//! It looks at fixed intervals and not at timers of its own, since the schedule is data that others
//! change: a retry, a replay, a resume or a lost message is noticed alike. While the queue is down
//! nothing is taken, because what is taken is not due again for a while.
//!
//! What it sends goes by a queue of its own, so that new deliveries never stand behind it.

use std::convert::Infallible;

use postrider_domain::Timestamp;
use postrider_domain::ports::{Health, QueueName, StoreError};
use postrider_runtime::repeat;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::Dispatcher;

impl Dispatcher {
    /// Sends on due work until `shutdown`.
    ///
    /// # Errors
    /// None: a store or queue that is away is tried again at the next tick.
    pub async fn run_scheduler(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let every = self.parts.config.poll_interval;
        repeat(every, "look for due deliveries", &shutdown, || self.send_due(&shutdown)).await;
        Ok(())
    }

    /// Sends on everything that is due at this moment.
    async fn send_due(&self, shutdown: &CancellationToken) -> Result<(), StoreError> {
        let mut turn = self.parts.clock.now();
        while self.parts.queue.health() == Health::Up && !shutdown.is_cancelled() {
            let full = self.send_due_batch(turn).await?;
            if !full {
                break;
            }
            // What is due since must not wait until a great pile is gone.
            let now = self.parts.clock.now();
            if now.since(turn) >= self.parts.config.poll_interval {
                turn = now;
            }
        }
        Ok(())
    }

    /// Sends on one batch of each kind; whether any was full, so that there may be more. A kind that
    /// fails keeps none of the others waiting.
    async fn send_due_batch(&self, turn: Timestamp) -> Result<bool, StoreError> {
        let released = self.release(turn).await;
        let replayed = self.replay().await;
        let deliveries = self.send_due_deliveries().await;
        let events = self.send_due_events().await;
        if let (Ok(deliveries), Ok(events)) = (&deliveries, &events)
            && deliveries + events > 0
        {
            debug!(deliveries, events, "sent on what was due");
        }
        let limit = self.parts.config.due_batch as usize;
        replayed?;
        let (released, deliveries, events) = (released?, deliveries?, events?);
        Ok(released || deliveries == limit || events == limit)
    }

    /// Lets go what may go; whether there is more.
    async fn release(&self, turn: Timestamp) -> Result<bool, StoreError> {
        let parts = &self.parts;
        let (policy, limit) = (parts.config.release.policy(), parts.config.due_batch);
        let released = parts.flows.release_held(&policy, turn, limit).await?;
        parts.metrics.schedule.released.inc_by(released.deliveries);
        parts.metrics.schedule.probes.inc_by(released.probes);
        Ok(released.more)
    }

    async fn replay(&self) -> Result<(), StoreError> {
        let parts = &self.parts;
        let replayed =
            parts.replays.advance_replays(parts.clock.now(), parts.config.due_batch).await?;
        parts.metrics.schedule.replayed.inc_by(replayed);
        Ok(())
    }

    /// How many deliveries were sent on.
    async fn send_due_deliveries(&self) -> Result<usize, StoreError> {
        let parts = &self.parts;
        let (config, now) = (&parts.config, parts.clock.now());
        let deliveries =
            parts.store.take_due_deliveries(now, config.rescue_after, config.due_batch).await?;
        parts.metrics.schedule.due.inc_by(deliveries.len() as u64);
        self.publisher.publish_deliveries(QueueName::Retries, &deliveries).await;
        Ok(deliveries.len())
    }

    /// How many events were sent on.
    async fn send_due_events(&self) -> Result<usize, StoreError> {
        let parts = &self.parts;
        let (config, now) = (&parts.config, parts.clock.now());
        let events =
            parts.store.take_due_events(now, config.event_rescue_after, config.due_batch).await?;
        parts.metrics.schedule.events_rescued.inc_by(events.len() as u64);
        self.publisher.publish_events(&events).await;
        Ok(events.len())
    }
}

#[cfg(test)]
mod tests;
