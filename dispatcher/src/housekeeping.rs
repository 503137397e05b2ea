//! Looking after the store: room for what comes, and an end for what is old or goes nowhere.
//!
//! Each chore does a bounded amount of work in a turn, one after the other, so that none keeps the
//! others waiting however much it has to do. What waits is counted by a task of its own (`sampling`).

mod chore;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::time::Duration;

use postrider_domain::Minute;
use postrider_domain::activity::ACTIVITY_KEPT;
use postrider_domain::ports::{Overfull, StoreError};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::Dispatcher;
use chore::{Chore, Progress};

/// How often room is made. It reaches days ahead, so that missing many turns does no harm.
const STORAGE_INTERVAL: Duration = Duration::from_hours(1);
/// How often it is looked for registrations that are gone: what there is of them is seldom and small.
const BURIAL_INTERVAL: Duration = Duration::from_secs(10);

/// What there is to do.
struct Housekeeping {
    dispatcher: Dispatcher,
    storage: Chore,
    overflow: Chore,
    /// What was found to be too much, and has not been given up yet.
    overfull: Vec<Overfull>,
    burial: Chore,
    retention: Chore,
    activity: Chore,
    lag: Chore,
}

impl Dispatcher {
    /// Prepares storage, and gives up or removes what is too old, until `shutdown`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next tick.
    pub async fn run_housekeeping(self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let mut ticks = interval(self.parts.config.backlog_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut housekeeping = Housekeeping::new(self);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            while !shutdown.is_cancelled() && housekeeping.turn().await {}
        }
    }
}

impl Housekeeping {
    fn new(dispatcher: Dispatcher) -> Self {
        let config = &dispatcher.parts.config;
        Self {
            storage: Chore::new(STORAGE_INTERVAL),
            overflow: Chore::new(config.hold.interval),
            overfull: Vec::new(),
            burial: Chore::new(BURIAL_INTERVAL),
            retention: Chore::new(config.retention.interval),
            activity: Chore::new(config.retention.interval),
            lag: Chore::new(config.retention.interval),
            dispatcher,
        }
    }

    /// Does some of every chore that is due; whether one has more to do at once.
    async fn turn(&mut self) -> bool {
        if self.storage.is_due() {
            let done = self.prepare_storage().await;
            self.storage.note(done, "room for new records cannot be made");
        }
        if self.overflow.is_due() {
            let done = self.give_up_overflow().await;
            self.overflow.note(done, "the overflow cannot be given up");
        }
        if self.burial.is_due() {
            let done = self.bury_deliveries().await;
            self.burial.note(done, "deliveries to deleted registrations cannot be given up");
        }
        let mut removed_all = false;
        if self.retention.is_due() {
            let done = self.remove_expired().await;
            removed_all = matches!(done, Ok(Progress::Done));
            self.retention.note(done, "old records cannot be removed");
        }
        if self.activity.is_due() {
            let done = self.forget_activity().await;
            self.activity.note(done, "what happened long ago cannot be forgotten");
        }
        // Also while removing fails, or has very much to do: that is when somebody must see it.
        if removed_all || self.lag.is_due() {
            let done = self.measure_lag().await;
            self.lag.note(done, "how far behind retention is cannot be seen");
        }
        let chores = [&self.overflow, &self.burial, &self.retention, &self.activity];
        chores.iter().any(|chore| chore.has_more())
    }

    async fn prepare_storage(&self) -> Result<Progress, StoreError> {
        let parts = &self.dispatcher.parts;
        let ahead = parts.config.storage_ahead;
        let made = parts.operations.prepare_storage(parts.clock.now(), ahead).await?;
        if made > 0 {
            info!(partitions = made, "made room for new records");
        }
        Ok(Progress::Done)
    }

    /// Looks once for what is too much, and gives it up batch by batch.
    async fn give_up_overflow(&mut self) -> Result<Progress, StoreError> {
        let parts = &self.dispatcher.parts;
        let (policy, limit) = (parts.config.hold.policy(), parts.config.due_batch);
        let now = parts.clock.now();
        // What fails is looked for anew: by then less may be held.
        let mut overfull = std::mem::take(&mut self.overfull);
        if overfull.is_empty() {
            overfull = parts.flows.find_overflow(&policy, now).await?;
        }
        let progress =
            parts.flows.give_up_overflow(&overfull, &policy, &parts.ids, now, limit).await?;
        self.overfull = progress.left;
        for overflow in progress.given_up {
            parts.metrics.schedule.overflowed.inc_by(overflow.deliveries);
            warn!(
                registration.id = %overflow.registration,
                deliveries = overflow.deliveries,
                "too many deliveries were held, or for too long: they are dead"
            );
        }
        Ok(Progress::of(!self.overfull.is_empty()))
    }

    async fn bury_deliveries(&self) -> Result<Progress, StoreError> {
        let parts = &self.dispatcher.parts;
        let limit = parts.config.retention.batch;
        let buried = parts.operations.bury_deliveries(parts.clock.now(), limit).await?;
        if buried.deliveries > 0 {
            info!(
                deliveries = buried.deliveries,
                "deliveries to a registration that was deleted are dead"
            );
        }
        Ok(Progress::of(buried.more))
    }

    async fn remove_expired(&self) -> Result<Progress, StoreError> {
        let parts = &self.dispatcher.parts;
        let (policy, limit) = (parts.config.retention.policy(), parts.config.retention.batch);
        let removed = parts.operations.remove_expired(&policy, parts.clock.now(), limit).await?;
        parts.metrics.removed(&removed);
        Ok(Progress::of(removed.more))
    }

    async fn forget_activity(&self) -> Result<Progress, StoreError> {
        let parts = &self.dispatcher.parts;
        let before = Minute::of(parts.clock.now() - ACTIVITY_KEPT);
        let more = parts.activity.forget_activity(before, parts.config.retention.batch).await?;
        Ok(Progress::of(more))
    }

    async fn measure_lag(&self) -> Result<Progress, StoreError> {
        let parts = &self.dispatcher.parts;
        let policy = parts.config.retention.policy();
        let lag = parts.operations.retention_lag(&policy, parts.clock.now()).await?;
        parts.metrics.retention_lag_seconds.set(lag.as_secs_f64());
        Ok(Progress::Done)
    }
}
