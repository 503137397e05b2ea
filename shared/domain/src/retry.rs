//! When a failed delivery is tried again. The schedule is data: this module computes a moment, the
//! store keeps it, and the scheduler acts on it.

use std::time::Duration;

use crate::delivery::DeadReason;
use crate::{AttemptOutcome, Invalid, Settlement, Timestamp};

/// How often and when a failed delivery is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    delays: Vec<Duration>,
    jitter: f64,
    max_retry_after: Duration,
}

impl RetryPolicy {
    /// Makes a policy: one retry after each of `delays`, each spread by ± `jitter` (0.1 is ten per
    /// cent); a receiver's `Retry-After` counts up to `max_retry_after`.
    ///
    /// # Errors
    /// When there are more than 100 delays, one is longer than 30 days, or the jitter is not
    /// between 0 and 1.
    pub fn try_new(
        delays: Vec<Duration>,
        jitter: f64,
        max_retry_after: Duration,
    ) -> Result<Self, Invalid> {
        const MONTH: Duration = Duration::from_hours(30 * 24);
        if delays.len() > 100 || delays.iter().chain([&max_retry_after]).any(|delay| *delay > MONTH)
        {
            return Err(Invalid::new("a retry schedule has at most 100 delays of at most 30 days"));
        }
        if !(0.0..=1.0).contains(&jitter) {
            return Err(Invalid::new("retry jitter must be between 0 and 1"));
        }
        Ok(Self { delays, jitter, max_retry_after })
    }

    /// Decides what becomes of a delivery after an attempt that ended at `now`.
    ///
    /// `made` counts the attempts of this round, this one included. `retry_after` is what the
    /// receiver asked for: it is clamped, and the longer of it and the schedule wins. `fraction` is
    /// a random number from 0 to 1 that places the retry within the jitter.
    pub fn settle(
        &self,
        outcome: &AttemptOutcome,
        made: u16,
        now: Timestamp,
        retry_after: Option<Duration>,
        fraction: f64,
    ) -> Settlement {
        match outcome {
            AttemptOutcome::Succeeded { .. } => Settlement::Delivered,
            // The receiver says that it is gone for good: no retry could change that.
            AttemptOutcome::Failed { status: Some(410), .. } => {
                Settlement::Dead { reason: DeadReason::Gone }
            }
            AttemptOutcome::Failed { .. } => match self.next(made, now, retry_after, fraction) {
                Some(at) => Settlement::Retry { at },
                None => Settlement::Dead { reason: DeadReason::Exhausted },
            },
        }
    }

    /// When something is tried again that failed at `now` for the `made`th time, counted from 1;
    /// `None` when the schedule is at its end. `retry_after` and `fraction` are those of
    /// [`Self::settle`].
    pub fn next(
        &self,
        made: u16,
        now: Timestamp,
        retry_after: Option<Duration>,
        fraction: f64,
    ) -> Option<Timestamp> {
        let delay = self.delay(made, fraction)?;
        let asked = retry_after.unwrap_or(Duration::ZERO).min(self.max_retry_after);
        Some(now + delay.max(asked))
    }

    /// The attempts a delivery gets before it is given up.
    pub fn max_attempts(&self) -> usize {
        self.delays.len() + 1
    }

    fn delay(&self, made: u16, fraction: f64) -> Option<Duration> {
        let delay = self.delays.get(usize::from(made).checked_sub(1)?)?;
        Some(delay.mul_f64(1.0 + self.jitter * (2.0 * fraction.clamp(0.0, 1.0) - 1.0)))
    }
}

impl Default for RetryPolicy {
    /// Three retries after 10 s, 60 s and 360 s, ± 10 %; `Retry-After` counts up to an hour.
    fn default() -> Self {
        Self {
            delays: [10, 60, 360].map(Duration::from_secs).into(),
            jitter: 0.1,
            max_retry_after: Duration::from_hours(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::FailureCause;

    fn failed(status: u16) -> AttemptOutcome {
        AttemptOutcome::Failed {
            cause: FailureCause::HttpStatus,
            status: Some(status),
            detail: None,
        }
    }

    #[test]
    fn three_retries_follow_after_10_60_and_360_seconds() {
        let policy = RetryPolicy::default();
        let now = Timestamp::EPOCH;
        for (made, seconds) in [(1, 10), (2, 60), (3, 360)] {
            let expected = Settlement::Retry { at: now + Duration::from_secs(seconds) };
            assert_eq!(policy.settle(&failed(500), made, now, None, 0.5), expected);
        }
        let dead = Settlement::Dead { reason: DeadReason::Exhausted };
        assert_eq!(policy.settle(&failed(500), 4, now, None, 0.5), dead);
        assert_eq!(policy.max_attempts(), 4);
    }

    #[test]
    fn a_success_on_the_last_attempt_is_a_success() {
        let settled = RetryPolicy::default().settle(
            &AttemptOutcome::Succeeded { status: 200 },
            4,
            Timestamp::EPOCH,
            None,
            0.5,
        );
        assert_eq!(settled, Settlement::Delivered);
    }

    #[test]
    fn gone_stops_at_once() {
        let settled = RetryPolicy::default().settle(&failed(410), 1, Timestamp::EPOCH, None, 0.5);
        assert_eq!(settled, Settlement::Dead { reason: DeadReason::Gone });
    }

    #[test]
    fn the_longer_of_schedule_and_retry_after_wins_up_to_the_clamp() {
        let policy = RetryPolicy::default();
        for (asked, expected) in [(1, 10), (90, 90), (999_999, 3600)] {
            let settled = policy.settle(
                &failed(503),
                1,
                Timestamp::EPOCH,
                Some(Duration::from_secs(asked)),
                0.5,
            );
            assert_eq!(
                settled,
                Settlement::Retry { at: Timestamp::EPOCH + Duration::from_secs(expected) }
            );
        }
    }

    #[test]
    fn a_policy_that_makes_no_sense_is_refused() {
        assert!(
            RetryPolicy::try_new(vec![Duration::from_secs(1); 101], 0.1, Duration::ZERO).is_err()
        );
        assert!(RetryPolicy::try_new(vec![Duration::MAX], 0.1, Duration::ZERO).is_err());
        assert!(RetryPolicy::try_new(vec![], 1.5, Duration::ZERO).is_err());
    }

    proptest! {
        #[test]
        fn jitter_stays_within_ten_per_cent_in_both_directions(made in 1u16..=3, fraction in 0.0f64..1.0) {
            let Settlement::Retry { at } = RetryPolicy::default().settle(&failed(500), made, Timestamp::EPOCH, None, fraction) else {
                panic!("a retry follows");
            };
            let planned = [10.0, 60.0, 360.0][usize::from(made) - 1];
            let share = at.since(Timestamp::EPOCH).as_secs_f64() / planned;
            prop_assert!((0.9..=1.1).contains(&share), "{share}");
        }
    }
}
