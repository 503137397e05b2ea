//! A store that is away for a while, and is called again.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use postrider_domain::causes;
use postrider_domain::ports::StoreError;
use tracing::warn;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The longest one where the store is asked until it answers.
const LONGEST_LAST_PAUSE: Duration = Duration::from_mins(1);

/// How long the transient failures of a store are waited out.
///
/// A call is repeated that may have been done, its answer being lost: only what does no harm twice is
/// to be called with patience.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    retries: usize,
}

impl Patience {
    /// The patience for so many repetitions, with growing pauses of 50 ms up to 5 s between them.
    pub fn new(retries: usize) -> Self {
        Self { retries }
    }

    /// Calls until the store does it.
    ///
    /// # Errors
    /// When a failure is not transient, or the patience is at its end.
    pub async fn call<T, F>(self, call: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let pauses = pauses(LONGEST_PAUSE).with_max_times(self.retries);
        call.retry(pauses).when(StoreError::is_transient).notify(warn_of_pause).await
    }
}

/// Calls until the store does it, whatever it says meanwhile.
pub async fn until_done<T, F>(call: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, StoreError>>,
{
    let pauses = pauses(LONGEST_LAST_PAUSE).without_max_times();
    let done = call.retry(pauses).notify(warn_of_pause).await;
    done.expect("it is called without end, whatever fails")
}

fn pauses(longest: Duration) -> ExponentialBuilder {
    ExponentialBuilder::default().with_jitter().with_min_delay(FIRST_PAUSE).with_max_delay(longest)
}

fn warn_of_pause(error: &StoreError, pause: Duration) {
    warn!(
        error = %causes(error),
        pause_ms = pause.as_millis(),
        "the store does not answer, trying again"
    );
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn away() -> StoreError {
        StoreError::Unavailable { operation: "test", source: "no route to it".into() }
    }

    fn refused() -> StoreError {
        StoreError::Rejected { operation: "test", source: "no such table".into() }
    }

    /// How often it was called that fails `failures` times.
    async fn calls(
        failures: usize,
        error: fn() -> StoreError,
        patience: Patience,
    ) -> (usize, bool) {
        let calls = Cell::new(0);
        let called = patience.call(|| async {
            calls.set(calls.get() + 1);
            if calls.get() > failures { Ok(()) } else { Err(error()) }
        });
        let done = called.await.is_ok();
        (calls.get(), done)
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_is_called_again_as_often_as_was_said() {
        for (failures, expected) in [(0, (1, true)), (3, (4, true)), (4, (4, false))] {
            assert_eq!(calls(failures, away, Patience::new(3)).await, expected, "{failures}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_store_refuses_is_asked_once() {
        assert_eq!(calls(1, refused, Patience::new(3)).await, (1, false));
    }

    #[tokio::test(start_paused = true)]
    async fn what_must_be_done_is_asked_until_it_is_whatever_is_said() {
        let calls = Cell::new(0);
        until_done(|| async {
            calls.set(calls.get() + 1);
            match calls.get() {
                1_000 => Ok(()),
                even if even % 2 == 0 => Err(away()),
                _ => Err(refused()),
            }
        })
        .await;
        assert_eq!(calls.get(), 1_000);
    }
}
