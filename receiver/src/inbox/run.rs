//! One run of one handler, on a task of its own: whatever it does, the processor goes on.

use std::sync::Arc;
use std::time::Instant;

use postrider_domain::{RunOutcome, Timestamp};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::Instrument;

use super::lease::Keeper;
use super::process::Inner;
use crate::{Again, Context, Handler, HandlerError, refusal};

/// The most characters of an error that are kept.
const LONGEST_ERROR: usize = 1_000;

/// How a run ended.
pub(super) struct RunEnd {
    pub(super) started_at: Timestamp,
    pub(super) ended_at: Timestamp,
    pub(super) outcome: RunOutcome,
    /// Whether to try again, when it failed.
    pub(super) again: Again,
}

impl Inner {
    /// Runs a handler to its end or for as long as it may, and keeps the lease meanwhile.
    pub(super) async fn run_handler(
        &self,
        handler: &Arc<dyn Handler>,
        mut context: Context,
        keeper: &mut Keeper,
    ) -> RunEnd {
        let (started_at, watch) = (self.clock.now(), Instant::now());
        // Dropping the set ends the handler, when it took too long or the processor is dropped.
        let mut task = JoinSet::new();
        let running = Arc::clone(handler);
        let run =
            async move { running.handle(&mut context).await.map(|()| context.response.is_some()) };
        task.spawn(run.in_current_span());
        let limit = self.config.handler_timeout;
        let ended = match keeper.during(timeout(limit, task.join_next())).await {
            Ok(Some(Ok(ended))) => ended,
            // Its message may hold anything, so that it is not kept.
            Ok(Some(Err(_)) | None) => Err(HandlerError::retry("the handler panicked")),
            Err(_) => {
                let limit = limit.as_secs_f64();
                Err(HandlerError::retry(format!("the handler did not end within {limit} s")))
            }
        };
        let (outcome, again) = match ended {
            Ok(false) => (RunOutcome::Done, Again::Scheduled),
            Ok(true) => (RunOutcome::Stopped, Again::Scheduled),
            Err(error) => (RunOutcome::Failed(shortened(&error.message)), error.again),
        };
        self.metrics.run_ended(handler.name(), &outcome, watch.elapsed());
        RunEnd { started_at, ended_at: self.clock.now(), outcome, again }
    }
}

/// As much of an error as is kept.
pub(super) fn shortened(error: &str) -> String {
    refusal::shortened(error, LONGEST_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_any_length_is_kept_as_far_as_there_is_room() {
        assert_eq!(shortened("no luck"), "no luck");
        let long = "ä".repeat(5_000);
        assert_eq!(shortened(&long).chars().count(), LONGEST_ERROR + 1);
        assert!(shortened(&long).ends_with('…'));
    }
}
