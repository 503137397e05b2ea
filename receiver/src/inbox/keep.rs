//! Looking after the inbox: counting what waits, and removing what is old.

use std::convert::Infallible;

use postrider_domain::ports::StoreError;
use postrider_domain::{Ended, InboxState};
use postrider_runtime::repeat;
use tokio_util::sync::CancellationToken;

use super::Scheduler;

impl Scheduler {
    /// Counts what waits for the metrics, until `shutdown`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next tick.
    pub async fn run_sampling(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let every = self.parts.config.backlog_interval;
        repeat(every, "count the webhooks that wait", &shutdown, || self.sample()).await;
        Ok(())
    }

    /// Removes what was over for long enough, until `shutdown`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next tick.
    pub async fn run_retention(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let every = self.parts.config.retention.interval;
        repeat(every, "remove old webhooks", &shutdown, || self.remove_old(&shutdown)).await;
        Ok(())
    }

    async fn sample(&self) -> Result<(), StoreError> {
        let now = self.parts.clock.now();
        let backlog = self.parts.store.inbox_backlog(now).await?;
        self.parts.metrics.backlog(&backlog, now);
        Ok(())
    }

    /// Removes in steps of a bounded size, so that no statement takes long.
    async fn remove_old(&self, shutdown: &CancellationToken) -> Result<(), StoreError> {
        let retention = &self.parts.config.retention;
        let kinds = [
            (InboxState::Processed, Ended::Processed, retention.processed),
            (InboxState::Dead, Ended::Dead, retention.dead),
        ];
        for (state, ended, kept) in kinds {
            while !shutdown.is_cancelled() {
                let before = self.parts.clock.now() - kept;
                let removed = self.parts.store.remove_inbox(state, before, retention.batch).await?;
                self.parts.metrics.removed(ended, removed);
                // Large ones are fewer at a time, so that only none at all is the end.
                if removed == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}
