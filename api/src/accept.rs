//! Accepting events: publish requests that arrive together share one commit, and are answered right
//! after it.
//!
//! The committed events go to the relay from inside the flush, so that they are announced even when
//! the publisher has hung up by then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use postrider_batcher::{BatchError, Batcher, Settings};
use postrider_domain::ports::{Store, StoreError};
use postrider_domain::{Clock, Event, NewEvent, Submission, SubmissionOutcome};
use tokio_util::task::TaskTracker;

use crate::ApiConfig;
use crate::metrics::{Accepted, Metrics};
use crate::relay::Relay;

/// Accepts submissions.
pub(crate) struct Acceptor {
    batcher: Batcher<Submission, SubmissionOutcome, StoreError>,
}

impl Acceptor {
    pub(crate) fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        relay: Arc<Relay>,
        config: &ApiConfig,
        metrics: Metrics,
        tracker: &TaskTracker,
    ) -> Self {
        let settings =
            Settings { max_weight: config.accept_batch, max_in_flight: config.accept_in_flight };
        let committer =
            Arc::new(Committer { store, clock, relay, rescue_after: config.rescue_after, metrics });
        let flush = move |batch| {
            let committer = Arc::clone(&committer);
            async move { committer.commit(batch).await }
        };
        Self { batcher: Batcher::start(settings, tracker, weight, flush) }
    }

    /// Stores the events of one publish request, and returns when they are durable.
    pub(crate) async fn accept(
        &self,
        submission: Submission,
    ) -> Result<SubmissionOutcome, BatchError<StoreError>> {
        self.batcher.submit(submission).await
    }
}

/// Counts events, and large ones as several, so that a commit stays bounded in bytes, too.
fn weight(submission: &Submission) -> usize {
    submission.iter().map(|new| 1 + data_bytes(&new.event) / 1_024).sum()
}

fn data_bytes(event: &Event) -> usize {
    event.data.as_ref().map_or(0, |data| data.get().len())
}

struct Committer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    relay: Arc<Relay>,
    rescue_after: Duration,
    metrics: Metrics,
}

impl Committer {
    async fn commit(&self, batch: Vec<Submission>) -> Result<Vec<SubmissionOutcome>, StoreError> {
        let started = Instant::now();
        let rescue_at = self.clock.now() + self.rescue_after;
        let outcomes = self.store.accept_events(&batch, rescue_at).await?;

        self.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
        let events: usize = batch.iter().map(Vec::len).sum();
        self.metrics.commit_events.observe(f64::from(u32::try_from(events).unwrap_or(u32::MAX)));
        self.relay.hand_over(self.newly_stored(batch, &outcomes));
        Ok(outcomes)
    }

    /// Counts what became of every event, and picks those that were not there before.
    fn newly_stored(&self, batch: Vec<Submission>, outcomes: &[SubmissionOutcome]) -> Vec<Event> {
        let (mut fresh, mut duplicates, mut conflicts) = (Vec::new(), 0, 0);
        for (submission, outcome) in batch.into_iter().zip(outcomes) {
            match outcome {
                SubmissionOutcome::Conflict { .. } => conflicts += submission.len() as u64,
                SubmissionOutcome::Accepted(accepted) => {
                    for (NewEvent { event, .. }, accepted) in submission.into_iter().zip(accepted) {
                        if accepted.duplicate {
                            duplicates += 1;
                        } else {
                            fresh.push(event);
                        }
                    }
                }
            }
        }
        self.metrics.accepted.of(Accepted::Stored).inc_by(fresh.len() as u64);
        self.metrics.accepted.of(Accepted::Duplicate).inc_by(duplicates);
        self.metrics.accepted.of(Accepted::Conflict).inc_by(conflicts);
        fresh
    }
}
