//! Writing down, minute by minute, what this process counted.
//!
//! Whatever is counted is counted by metrics anyway: from time to time it is looked how far they have
//! come, and the difference is added to what other processes counted in the same minute. What was done
//! costs nothing more, and what a process that is killed had not yet written is missing from a chart.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{ActivityStore, StoreError};
use postrider_domain::{Clock, Minute, Tally, Timestamp, causes};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

#[cfg(test)]
mod tests;

/// How often it is written: a divisor of a minute, so that what is written belongs to one minute.
const EVERY: Duration = Duration::from_secs(10);
/// How many minutes are kept back at the most while the store is away.
const KEPT_BACK: usize = 60;

/// What a process counted, on its way to the store.
pub struct RollUp {
    store: Arc<dyn ActivityStore>,
    clock: Arc<dyn Clock>,
    totals: Box<dyn Fn() -> Tally + Send + Sync>,
    /// How far the counters had come when it was last looked, …
    looked: Tally,
    /// … and when that was.
    looked_at: Timestamp,
    /// What the store does not have yet.
    pending: BTreeMap<Minute, Tally>,
}

impl RollUp {
    /// Begins to count what `totals`, which only grow, grow by from now on.
    pub fn new(
        store: Arc<dyn ActivityStore>,
        clock: Arc<dyn Clock>,
        totals: impl Fn() -> Tally + Send + Sync + 'static,
    ) -> Self {
        let (looked, looked_at) = (totals(), clock.now());
        let totals = Box::new(totals);
        Self { store, clock, totals, looked, looked_at, pending: BTreeMap::new() }
    }

    /// Writes what was counted since the last time, as of the minute in which that was; nothing at all
    /// is written as zero.
    ///
    /// # Errors
    /// When the store is away: it is written with what is counted next. Should the store have written
    /// it and only its answer been lost, it counts twice.
    pub async fn flush(&mut self) -> Result<(), StoreError> {
        let (now, totals) = (self.clock.now(), (self.totals)());
        let minute = Minute::of(self.looked_at);
        self.pending.entry(minute).or_default().add(&totals.since(&self.looked));
        (self.looked, self.looked_at) = (totals, now);
        while self.pending.len() > KEPT_BACK {
            self.pending.pop_first();
        }
        self.store.add_activity(&self.pending).await?;
        self.pending.clear();
        Ok(())
    }

    /// Writes every ten seconds until `shutdown`, and then once more. What is still under way then and
    /// ends later is not written.
    ///
    /// # Errors
    /// None: what fails is tried again the next time.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), Infallible> {
        let mut failing = false;
        loop {
            let wait = tokio::time::sleep(until_next(self.clock.now()));
            let goes_on = shutdown.run_until_cancelled(wait).await.is_some();
            let flushed = self.flush().await;
            // Said once per outage, not once per turn.
            match &flushed {
                Err(error) if !failing => {
                    warn!(error = %causes(error), "cannot write what was counted");
                }
                Ok(()) if failing => info!("can write what was counted again"),
                Ok(()) | Err(_) => {}
            }
            failing = flushed.is_err();
            if !goes_on {
                return Ok(());
            }
        }
    }
}

/// How long it is until the next multiple of [`EVERY`]: so one of them ends with each minute.
fn until_next(now: Timestamp) -> Duration {
    let every = EVERY.as_micros();
    let passed = u128::try_from(now.as_micros()).unwrap_or_default() % every;
    Duration::from_micros(u64::try_from(every - passed).unwrap_or_default())
}
