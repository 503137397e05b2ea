//! When what is held may go, and how much of it.

use std::time::Duration;

use super::{Breaker, FlowState};
use crate::{DeliveryId, DeliveryOptions, RateLimit, Timestamp};

/// How long after a resume a registration is still looked at: a claim that raced with the resume may
/// hold a delivery a moment later.
const SETTLES: Duration = Duration::from_mins(1);
/// How often somebody looks who may have nothing to do.
const LOOK: Duration = Duration::from_secs(1);
/// How often somebody looks at the most whether a batch is full that has long to fill.
const SLOW_LOOK: Duration = Duration::from_secs(10);
/// How many looks a batch has until it goes as it is.
const LOOKS: u32 = 30;
/// What a rate that was not used for a while may catch up at once.
const CATCH_UP: Duration = Duration::from_secs(1);

/// How fast what was held is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleasePolicy {
    /// How many may be on their way to a worker in the first second; doubles every second.
    pub ramp_first: u32,
    /// The most.
    pub ramp_max: u32,
    /// How long a probe has before another one is tried. Longer than a lease.
    pub probe_patience: Duration,
}

impl Default for ReleasePolicy {
    /// 25, doubling every second up to 2,000; a probe has two minutes.
    fn default() -> Self {
        Self { ramp_first: 25, ramp_max: 2000, probe_patience: Duration::from_mins(2) }
    }
}

/// What a store counts of a registration before it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Paused, switched off, its owner switched off, or its secret expired: nothing may go.
    pub stopped: bool,
    /// Let go before, and not claimed yet. Counted up to [`ReleasePolicy::ramp_max`].
    pub released: u32,
    /// Held, those that go with another not counted. Counted up to `ramp_max`, or to what a batch
    /// takes if that is more.
    pub held: u32,
    /// When the oldest of them was made.
    pub oldest_at: Option<Timestamp>,
}

/// What may go. Stores take the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Nothing.
    Nothing,
    /// One delivery, to see whether the receiver is back: the store calls
    /// [`FlowState::probe_with`] with it.
    Probe,
    /// So many deliveries.
    Deliveries(u32),
    /// So many deliveries that carry so many events each, the last one what is left.
    Bundles {
        /// How many.
        bundles: u32,
        /// How many events each.
        events: u16,
    },
}

impl FlowState {
    /// Decides what may go at `now`, and when to look again.
    pub fn release(
        &mut self,
        waiting: Waiting,
        options: &DeliveryOptions,
        policy: &ReleasePolicy,
        now: Timestamp,
    ) -> Release {
        if waiting.stopped {
            // Whoever starts it again has it looked at again.
            self.release_at = None;
            return Release::Nothing;
        }
        match self.breaker {
            Breaker::Open { until } | Breaker::HalfOpen { until, .. } if now < until => {
                self.release_at = Some(until);
                return Release::Nothing;
            }
            Breaker::Open { .. } | Breaker::HalfOpen { .. } => {
                // With nothing to try it with it stays open; whoever holds something for it has it
                // looked at again. One that probes is told so by `probe_with`.
                self.release_at = None;
                return if waiting.held == 0 { Release::Nothing } else { Release::Probe };
            }
            Breaker::Closed => {}
        }
        if waiting.held == 0 {
            let settled = self.ramp_from.is_none_or(|from| now.since(from) >= SETTLES);
            self.release_at = (!settled).then(|| now + LOOK);
            return Release::Nothing;
        }
        // Looked at again with the next turn of the scheduler.
        self.release_at = Some(now);
        let room = self.window(policy, now).saturating_sub(waiting.released);
        match options.batch {
            None => {
                let wanted = waiting.held.min(room);
                let count = options.rate.map_or(wanted, |rate| self.take(rate, wanted, now));
                if count == 0 { Release::Nothing } else { Release::Deliveries(count) }
            }
            Some(batch) => {
                let events = u32::from(batch.max_events());
                let overdue = waiting.oldest_at.is_some_and(|at| now >= at + batch.max_wait());
                let ready =
                    if overdue { waiting.held.div_ceil(events) } else { waiting.held / events };
                let wanted = ready.min(room);
                let bundles = options.rate.map_or(wanted, |rate| self.take(rate, wanted, now));
                if ready == 0 {
                    let overdue_at = waiting.oldest_at.map_or(now, |at| at + batch.max_wait());
                    let look = (batch.max_wait() / LOOKS).clamp(LOOK, SLOW_LOOK);
                    self.release_at = Some(overdue_at.min(now + look));
                }
                if bundles == 0 {
                    Release::Nothing
                } else {
                    Release::Bundles { bundles, events: batch.max_events() }
                }
            }
        }
    }

    /// Notes which delivery tries.
    pub fn probe_with(&mut self, probe: DeliveryId, policy: &ReleasePolicy, now: Timestamp) {
        let until = now + policy.probe_patience;
        self.breaker = Breaker::HalfOpen { until, probe };
        self.release_at = Some(until);
    }

    /// How many may be on their way to a worker: the longer it goes well the more.
    fn window(&self, policy: &ReleasePolicy, now: Timestamp) -> u32 {
        let seconds = self.ramp_from.map_or(u64::MAX, |from| now.since(from).as_secs());
        let factor = 1u32 << u32::try_from(seconds).unwrap_or(u32::MAX).min(20);
        policy.ramp_first.saturating_mul(factor).min(policy.ramp_max)
    }

    /// Takes up to `wanted` places of a rate.
    fn take(&mut self, rate: RateLimit, wanted: u32, now: Timestamp) -> u32 {
        let interval = rate.interval();
        let earliest = now - CATCH_UP.min(rate.per());
        let mut next = self.rate_at.map_or(now, |at| at.max(earliest));
        let mut taken = 0;
        while taken < wanted && next <= now {
            next = next + interval;
            taken += 1;
        }
        self.rate_at = Some(next);
        if taken < wanted {
            self.release_at = Some(next);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Batching;

    const NOW: Timestamp = Timestamp::from_micros(1_795_248_000_000_000);

    fn held(held: u32) -> Waiting {
        Waiting { held, oldest_at: Some(NOW), ..Waiting::default() }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn after_a_resume_the_window_doubles_every_second_up_to_the_most() {
        let policy = ReleasePolicy::default();
        let options = DeliveryOptions::default();
        let mut state = FlowState::fresh(NOW);
        let released: Vec<_> = (0..9)
            .map(|at| state.release(held(10_000), &options, &policy, NOW + seconds(at)))
            .collect();
        let expected = [25, 50, 100, 200, 400, 800, 1600, 2000, 2000].map(Release::Deliveries);
        assert_eq!(released, expected);
    }

    #[test]
    fn what_is_on_its_way_counts_against_the_window() {
        let mut state = FlowState::fresh(NOW);
        let waiting = Waiting { released: 20, ..held(100) };
        let options = DeliveryOptions::default();
        let release = state.release(waiting, &options, &ReleasePolicy::default(), NOW);
        assert_eq!(release, Release::Deliveries(5));
    }

    #[test]
    fn what_is_stopped_is_not_looked_at_again() {
        let mut state = FlowState::fresh(NOW);
        let waiting = Waiting { stopped: true, ..held(1) };
        let options = DeliveryOptions::default();
        let release = state.release(waiting, &options, &ReleasePolicy::default(), NOW);
        assert_eq!((release, state.release_at), (Release::Nothing, None));
    }

    #[test]
    fn an_open_breaker_lets_nothing_go_until_its_time_and_then_one() {
        let (policy, options) = (ReleasePolicy::default(), DeliveryOptions::default());
        let until = NOW + seconds(30);
        let mut state = FlowState { breaker: Breaker::Open { until }, ..FlowState::fresh(NOW) };
        assert_eq!(state.release(held(9), &options, &policy, NOW), Release::Nothing);
        assert_eq!(state.release_at, Some(until));
        assert_eq!(state.release(held(9), &options, &policy, until), Release::Probe);
        let probe = DeliveryId(uuid::Uuid::nil());
        state.probe_with(probe, &policy, until);
        assert_eq!(state.release(held(8), &options, &policy, until), Release::Nothing);
        let lost = until + policy.probe_patience;
        assert_eq!(state.release(held(8), &options, &policy, lost), Release::Probe);
    }

    #[test]
    fn an_open_breaker_for_which_nothing_is_held_is_not_looked_at_again() {
        let (policy, options) = (ReleasePolicy::default(), DeliveryOptions::default());
        let mut state =
            FlowState { breaker: Breaker::Open { until: NOW }, ..FlowState::fresh(NOW) };
        assert_eq!(state.release(held(0), &options, &policy, NOW), Release::Nothing);
        assert_eq!(state.release_at, None);
    }

    #[test]
    fn a_batch_that_has_long_to_fill_is_looked_at_less_often() {
        for (wait, look) in [(5, 1), (90, 3), (3600, 10)] {
            let batch = Batching::try_new(10, seconds(wait)).unwrap();
            let options = DeliveryOptions { batch: Some(batch), ..DeliveryOptions::default() };
            let mut state = FlowState::default();
            state.release(held(1), &options, &ReleasePolicy::default(), NOW);
            assert_eq!(state.release_at, Some(NOW + seconds(look)), "{wait}");
        }
    }

    #[test]
    fn looking_ends_a_while_after_the_last_one_went() {
        let (policy, options) = (ReleasePolicy::default(), DeliveryOptions::default());
        let mut state = FlowState::fresh(NOW);
        state.release(held(0), &options, &policy, NOW);
        assert!(state.release_at.is_some());
        state.release(held(0), &options, &policy, NOW + SETTLES);
        assert_eq!(state.release_at, None);
    }

    #[test]
    fn a_rate_is_kept_over_many_looks() {
        let policy = ReleasePolicy::default();
        let rate = RateLimit::try_new(10, seconds(1)).unwrap();
        let options = DeliveryOptions { rate: Some(rate), ..DeliveryOptions::default() };
        let mut state = FlowState::default();
        let mut gone = 0;
        for look in 0..100 {
            let at = NOW + Duration::from_millis(100 * look);
            if let Release::Deliveries(count) = state.release(held(1000), &options, &policy, at) {
                gone += count;
            }
        }
        assert_eq!(gone, 100);
        // A second's worth may be caught up after a silence, and the one that is due now.
        let later = state.release(held(1000), &options, &policy, NOW + seconds(600));
        assert_eq!(later, Release::Deliveries(11));
    }

    #[test]
    fn a_batch_goes_when_it_is_full_or_its_first_has_waited() {
        let policy = ReleasePolicy::default();
        let batch = Batching::try_new(10, seconds(5)).unwrap();
        let options = DeliveryOptions { batch: Some(batch), ..DeliveryOptions::default() };
        let mut state = FlowState::default();
        let mut release = |count, at| state.release(held(count), &options, &policy, at);
        assert_eq!(release(9, NOW), Release::Nothing);
        assert_eq!(release(25, NOW), Release::Bundles { bundles: 2, events: 10 });
        assert_eq!(release(9, NOW + seconds(5)), Release::Bundles { bundles: 1, events: 10 });
        assert_eq!(release(25, NOW + seconds(5)), Release::Bundles { bundles: 3, events: 10 });
    }
}
