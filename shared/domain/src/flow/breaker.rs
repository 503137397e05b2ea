//! The breaker, and switching off what fails for days.

use std::time::Duration;

use super::{Breaker, FlowState};
use crate::registration::DisableReason;
use crate::{DeliveryId, RegistrationId, Timestamp};

/// How patient the product is with receivers that fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// How long a breaker stays open the first time; doubles each time the probe fails.
    pub pause: Duration,
    /// The longest it stays open.
    pub max_pause: Duration,
    /// After how long of nothing but failures a registration is switched off; `None` is never.
    pub disable_after: Option<Duration>,
    /// How often at the most an owner is told that deliveries to a registration die.
    pub tell_every: Duration,
}

impl Default for BreakerPolicy {
    /// 30 s that double up to 10 min; 5 days; once an hour.
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(30),
            max_pause: Duration::from_mins(10),
            disable_after: Some(Duration::from_hours(5 * 24)),
            tell_every: Duration::from_hours(1),
        }
    }
}

impl BreakerPolicy {
    fn pause_after(&self, trips: u16) -> Duration {
        let factor = 1u32 << trips.min(20);
        self.pause.saturating_mul(factor).min(self.max_pause)
    }
}

/// What a worker has to tell of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthReport {
    /// Of which.
    pub registration: RegistrationId,
    /// When the attempt began that it is about. What began before the registration was last changed
    /// says nothing of the receiver that it has now, and stores pass over it.
    pub began: Timestamp,
    /// What.
    pub report: Report,
}

/// What a worker saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// An attempt failed. Told of the first failure, and again once it seems to fail for long enough
    /// to be switched off, which is judged by what the store knows: a success may have come between.
    Failing {
        /// When the first attempt began that failed, as far as the worker knows better than the
        /// store: the one it is about, or, of a probe that was refused, the first of all.
        since: Timestamp,
    },
    /// An attempt succeeded after failures.
    Recovered,
    /// Too many attempts failed lately.
    Tripped,
    /// The probe failed.
    ProbeFailed {
        /// The delivery that tried.
        probe: DeliveryId,
    },
    /// The probe succeeded.
    ProbeSucceeded {
        /// The delivery that tried.
        probe: DeliveryId,
    },
    /// The receiver answered 410 Gone.
    Gone,
    /// A delivery was given up.
    Died,
}

/// A change that somebody should hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// The breaker opened.
    Opened {
        /// When a probe goes.
        until: Timestamp,
    },
    /// The breaker closed.
    Closed,
    /// The registration is to be switched off.
    Disabled {
        /// Why.
        reason: DisableReason,
    },
    /// Deliveries die, and its owner was not told lately.
    Died,
}

impl FlowState {
    /// Takes a report in, and returns what somebody should hear of.
    pub fn report(
        &mut self,
        report: Report,
        policy: &BreakerPolicy,
        now: Timestamp,
    ) -> Option<Transition> {
        match report {
            Report::Failing { since } => {
                self.failing_since.get_or_insert(since);
                self.disabled_for_failing(policy, now)
            }
            Report::Recovered => {
                self.failing_since = None;
                None
            }
            Report::Tripped => match self.breaker {
                Breaker::Closed => {
                    self.failing_since.get_or_insert(now);
                    self.opened_at = Some(now);
                    Some(Transition::Opened { until: self.open(policy, now) })
                }
                Breaker::Open { .. } | Breaker::HalfOpen { .. } => None,
            },
            Report::ProbeFailed { probe } if self.is_probed_by(probe) => {
                self.open(policy, now);
                self.disabled_for_failing(policy, now)
            }
            Report::ProbeSucceeded { probe } if self.is_probed_by(probe) => {
                *self = Self { died_told_at: self.died_told_at, ..Self::fresh(now) };
                Some(Transition::Closed)
            }
            // A probe that was given up long ago; another one decides.
            Report::ProbeFailed { .. } | Report::ProbeSucceeded { .. } => None,
            Report::Gone => Some(Transition::Disabled { reason: DisableReason::Gone }),
            Report::Died => {
                let told = self.died_told_at;
                let due = told.is_none_or(|told| now.since(told) >= policy.tell_every);
                due.then(|| {
                    self.died_told_at = Some(now);
                    Transition::Died
                })
            }
        }
    }

    fn is_probed_by(&self, delivery: DeliveryId) -> bool {
        matches!(self.breaker, Breaker::HalfOpen { probe, .. } if probe == delivery)
    }

    fn open(&mut self, policy: &BreakerPolicy, now: Timestamp) -> Timestamp {
        let until = now + policy.pause_after(self.trips);
        self.trips = self.trips.saturating_add(1);
        self.breaker = Breaker::Open { until };
        self.release_at = Some(until);
        until
    }

    fn disabled_for_failing(&self, policy: &BreakerPolicy, now: Timestamp) -> Option<Transition> {
        let (since, after) = (self.failing_since?, policy.disable_after?);
        (now.since(since) >= after)
            .then_some(Transition::Disabled { reason: DisableReason::Failing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::EPOCH;

    fn probe(number: u128) -> DeliveryId {
        DeliveryId(uuid::Uuid::from_u128(number))
    }

    fn half_open() -> FlowState {
        let mut state = FlowState::default();
        state.report(Report::Tripped, &BreakerPolicy::default(), NOW);
        state.breaker = Breaker::HalfOpen { until: NOW, probe: probe(1) };
        state
    }

    #[test]
    fn a_breaker_opens_once_however_many_workers_say_so() {
        let (mut state, policy) = (FlowState::default(), BreakerPolicy::default());
        let until = NOW + policy.pause;
        assert_eq!(state.report(Report::Tripped, &policy, NOW), Some(Transition::Opened { until }));
        assert_eq!(state.report(Report::Tripped, &policy, NOW), None);
        assert_eq!(state.breaker, Breaker::Open { until });
        assert_eq!(state.release_at, Some(until));
    }

    #[test]
    fn each_failed_probe_doubles_the_pause_up_to_the_longest() {
        let policy = BreakerPolicy::default();
        let mut state = half_open();
        let mut pauses = Vec::new();
        for _ in 0..6 {
            state.breaker = Breaker::HalfOpen { until: NOW, probe: probe(1) };
            state.report(Report::ProbeFailed { probe: probe(1) }, &policy, NOW);
            let Breaker::Open { until } = state.breaker else { panic!("{state:?}") };
            pauses.push(until.since(NOW).as_secs());
        }
        assert_eq!(pauses, [60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn a_successful_probe_closes_and_lets_go_what_is_held() {
        let policy = BreakerPolicy::default();
        let mut state = half_open();
        let closed = state.report(Report::ProbeSucceeded { probe: probe(1) }, &policy, NOW);
        assert_eq!(closed, Some(Transition::Closed));
        assert_eq!(state, FlowState::fresh(NOW));
    }

    #[test]
    fn a_probe_that_was_given_up_decides_nothing() {
        let policy = BreakerPolicy::default();
        let mut state = half_open();
        let before = state;
        assert_eq!(state.report(Report::ProbeFailed { probe: probe(2) }, &policy, NOW), None);
        assert_eq!(state.report(Report::ProbeSucceeded { probe: probe(2) }, &policy, NOW), None);
        assert_eq!(state, before);
    }

    #[test]
    fn nothing_but_failures_for_very_long_switches_off_and_one_success_starts_the_count_again() {
        let policy = BreakerPolicy::default();
        let days = |days: u64| NOW + Duration::from_hours(24 * days);
        let mut state = FlowState::default();
        assert_eq!(state.report(Report::Failing { since: NOW }, &policy, NOW), None);
        assert_eq!(state.report(Report::Recovered, &policy, days(4)), None);
        let again = Report::Failing { since: days(5) };
        assert_eq!(state.report(again, &policy, days(5)), None);
        assert_eq!(state.report(Report::Failing { since: days(9) }, &policy, days(9)), None);
        let last = Report::Failing { since: days(10) };
        assert_eq!(
            state.report(last, &policy, days(10)),
            Some(Transition::Disabled { reason: DisableReason::Failing })
        );
        let never = BreakerPolicy { disable_after: None, ..policy };
        assert_eq!(state.report(again, &never, days(99)), None);
    }

    #[test]
    fn gone_switches_off_at_once() {
        let gone = FlowState::default().report(Report::Gone, &BreakerPolicy::default(), NOW);
        assert_eq!(gone, Some(Transition::Disabled { reason: DisableReason::Gone }));
    }

    #[test]
    fn an_owner_hears_of_dying_deliveries_once_in_a_while() {
        let (mut state, policy) = (FlowState::default(), BreakerPolicy::default());
        assert_eq!(state.report(Report::Died, &policy, NOW), Some(Transition::Died));
        assert_eq!(state.report(Report::Died, &policy, NOW + Duration::from_mins(59)), None);
        let later = NOW + policy.tell_every;
        assert_eq!(state.report(Report::Died, &policy, later), Some(Transition::Died));
    }
}
