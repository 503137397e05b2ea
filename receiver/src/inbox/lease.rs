//! Keeping a lease for as long as the webhook is worked on.

use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{Lease, StoreError};
use postrider_domain::{Clock, InboxId, LeaseToken, causes};
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use tracing::warn;

use super::InboxMetrics;
use super::store::PatientStore;

/// Prolongs the lease of one webhook, every third of its length.
pub(super) struct Keeper {
    item: InboxId,
    lease: Lease,
    length: Duration,
    lost: bool,
    ticks: Interval,
    store: PatientStore,
    clock: Arc<dyn Clock>,
    metrics: InboxMetrics,
}

impl Keeper {
    pub(super) fn new(
        item: InboxId,
        lease: Lease,
        length: Duration,
        store: PatientStore,
        clock: Arc<dyn Clock>,
        metrics: InboxMetrics,
    ) -> Self {
        let every = (length / 3).max(Duration::from_millis(1));
        let mut ticks = interval_at(tokio::time::Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { item, lease, length, lost: false, ticks, store, clock, metrics }
    }

    /// The proof of the lease.
    pub(super) fn token(&self) -> LeaseToken {
        self.lease.token
    }

    /// Does `work`, and prolongs the lease meanwhile. The work goes on while the store is asked, however
    /// long that takes, and when the lease is lost.
    ///
    /// Not for recording a run: what prolongs would wait for the same row, and find the lease ended.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => done,
            never = self.keep() => match never {},
        }
    }

    async fn keep(&mut self) -> Infallible {
        while !self.lost {
            self.ticks.tick().await;
            self.prolong().await;
        }
        pending().await
    }

    /// Whether the lease is held still, so that something may be begun under it.
    pub(super) async fn holds(&mut self) -> bool {
        if !self.lost && self.clock.now() >= self.lease.until {
            // Nobody may have taken it yet, but anybody may.
            self.prolong().await;
            if self.clock.now() >= self.lease.until {
                self.lose();
            }
        }
        !self.lost
    }

    /// Notes that somebody else may have the lease; counted once.
    pub(super) fn lose(&mut self) {
        if !self.lost {
            self.lost = true;
            self.metrics.leases_lost.inc();
            warn!(inbox.id = %self.item, "the lease of a received webhook was lost");
        }
    }

    async fn prolong(&mut self) {
        let lease = Lease { until: self.clock.now() + self.length, ..self.lease };
        let prolonged: Result<bool, StoreError> = self.store.extend(self.item, lease).await;
        match prolonged {
            Ok(true) => self.lease = lease,
            Ok(false) => self.lose(),
            Err(error) => {
                warn!(
                    inbox.id = %self.item,
                    error = %causes(&error),
                    "the lease of a received webhook cannot be prolonged right now"
                );
            }
        }
    }
}
