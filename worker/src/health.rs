//! What this worker learns of a registration's receiver, and what it has to tell of it.
//!
//! The breaker itself is in the store, for all workers together; a worker counts what it sees, and
//! reports only what changes something. What it has told is remembered for a while, so that hundreds
//! of attempts that fail alike make one report; since it is forgotten after that, and when the store
//! did not take it, later attempts tell again whatever got lost.

use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::ClaimedFlow;
use postrider_domain::{
    AttemptOutcome, BreakerPolicy, DeliveryId, FailureCause, Report, Settlement, Timestamp,
};

/// When a receiver is left alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HealthPolicy {
    /// How far back attempts count.
    pub(crate) window: Duration,
    /// The fewest failures that open a breaker.
    pub(crate) min_failures: u32,
    /// The share of the attempts that have to be failures.
    pub(crate) failure_share: f64,
    /// For how long a report is not repeated. At least a lease: an attempt may still be under way
    /// that was claimed before the report.
    pub(crate) told_for: Duration,
    /// What follows from reports.
    pub(crate) breaker: BreakerPolicy,
}

/// An attempt that is on record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) delivery: DeliveryId,
    pub(crate) started_at: Timestamp,
    pub(crate) outcome: &'a AttemptOutcome,
    pub(crate) settlement: Settlement,
    /// What was known when it was claimed.
    pub(crate) flow: ClaimedFlow,
    /// It carries nothing but notices, which nobody is told of by another notice.
    pub(crate) is_notice: bool,
}

/// Whether an outcome counts against the receiver.
///
/// An answer of the 400s says that the receiver is there and does not want this request, so that
/// sparing it would help nobody. That is not so for 408, 425 and 429, which ask for patience. 410 ends
/// the registration, and needs no breaker.
pub(crate) fn counts_as_failure(outcome: &AttemptOutcome) -> bool {
    match outcome {
        AttemptOutcome::Succeeded { .. } => false,
        AttemptOutcome::Failed {
            cause: FailureCause::HttpStatus, status: Some(status), ..
        } => !(400..500).contains(status) || matches!(status, 408 | 425 | 429),
        AttemptOutcome::Failed { .. } => true,
    }
}

/// What is remembered of one registration.
#[derive(Debug, Default)]
pub(crate) struct Health {
    window: Window,
    told: Told,
}

/// When something was reported last.
#[derive(Debug, Default)]
struct Told {
    failing: Option<Timestamp>,
    recovered: Option<Timestamp>,
    tripped: Option<Timestamp>,
    died: Option<Timestamp>,
}

impl Health {
    /// Takes an attempt in, and returns what is to be reported, in this order.
    pub(crate) fn saw(
        &mut self,
        seen: &Seen<'_>,
        policy: &HealthPolicy,
        now: Timestamp,
    ) -> Vec<Report> {
        let mut reports = Vec::new();
        if seen.outcome.status() == Some(410) {
            reports.push(Report::Gone);
            return reports;
        }
        let failed = counts_as_failure(seen.outcome);
        if seen.flow.is_probe {
            let probe = seen.delivery;
            let report = if failed {
                Report::ProbeFailed { probe }
            } else {
                Report::ProbeSucceeded { probe }
            };
            reports.push(report);
        } else if self.trips(failed, policy, now) {
            reports.push(Report::Tripped);
        }
        match seen.outcome {
            AttemptOutcome::Succeeded { .. } => {
                reports.extend(self.recovered(seen, policy, now));
            }
            AttemptOutcome::Failed { .. } => reports.extend(self.failing(seen, policy, now)),
        }
        let exhausted = seen.settlement.dead_reason() == Some(DeadReason::Exhausted);
        if exhausted && !seen.is_notice && tell(&mut self.told.died, policy.told_for, now) {
            reports.push(Report::Died);
        }
        reports
    }

    /// Forgets what was told, since it did not arrive.
    pub(crate) fn told_nothing(&mut self) {
        self.told = Told::default();
    }

    /// Whether there is nothing left to remember.
    pub(crate) fn is_stale(&self, policy: &HealthPolicy, now: Timestamp) -> bool {
        let Told { failing, recovered, tripped, died } = self.told;
        let told = failing.max(recovered).max(tripped).max(died);
        let silent_for = |pause: Duration| told.is_none_or(|at| now.since(at) >= pause);
        self.window.is_over(policy.window, now)
            && silent_for(policy.told_for)
            && silent_for(policy.breaker.pause)
    }

    fn trips(&mut self, failed: bool, policy: &HealthPolicy, now: Timestamp) -> bool {
        // Requests that were on their way when the breaker opened go on failing for a while. That is
        // known, and must not count once the receiver is back.
        if self.told.tripped.is_some_and(|at| now.since(at) < policy.breaker.pause) {
            self.window = Window::default();
            return false;
        }
        self.window.count(failed, policy.window, now);
        let (attempts, failures) = self.window.totals(policy.window, now);
        let many = failures >= policy.min_failures
            && f64::from(failures) >= f64::from(attempts) * policy.failure_share;
        let trips = failed && many;
        if trips {
            self.told.tripped = Some(now);
            self.window = Window::default();
        }
        trips
    }

    fn failing(
        &mut self,
        seen: &Seen<'_>,
        policy: &HealthPolicy,
        now: Timestamp,
    ) -> Option<Report> {
        let since = seen.flow.failing_since.unwrap_or(seen.started_at);
        let is_news = seen.flow.failing_since.is_none();
        let is_long = policy.breaker.disable_after.is_some_and(|after| now.since(since) >= after);
        // The report of a probe that was answered is a new beginning, and this was no success.
        let is_lost = seen.flow.is_probe && !counts_as_failure(seen.outcome);
        let due =
            is_lost || (is_news || is_long) && tell(&mut self.told.failing, policy.told_for, now);
        due.then(|| {
            self.told.recovered = None;
            // What was known when it was claimed may have ended since, and the store knows.
            Report::Failing { since: if is_lost { since } else { seen.started_at } }
        })
    }

    fn recovered(
        &mut self,
        seen: &Seen<'_>,
        policy: &HealthPolicy,
        now: Timestamp,
    ) -> Option<Report> {
        // What was told a moment ago may not have been there yet when this one was claimed.
        let known = seen.flow.failing_since.is_some()
            || self.told.failing.is_some_and(|at| now.since(at) < policy.told_for);
        let due =
            known && !seen.flow.is_probe && tell(&mut self.told.recovered, policy.told_for, now);
        if due || seen.flow.is_probe {
            self.told.failing = None;
        }
        due.then_some(Report::Recovered)
    }
}

/// Whether something is to be told that was last told at `told`; notes that it is.
fn tell(told: &mut Option<Timestamp>, again_after: Duration, now: Timestamp) -> bool {
    let due = told.is_none_or(|at| now.since(at) >= again_after);
    if due {
        *told = Some(now);
    }
    due
}

/// Attempts and failures of the last while, in slices that are forgotten one after the other.
#[derive(Debug, Default)]
struct Window {
    /// The slice that time is in; slices are counted from 1970.
    slice: i64,
    counts: [Counts; SLICES],
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    attempts: u32,
    failures: u32,
}

const SLICES: usize = 6;

impl Window {
    fn count(&mut self, failed: bool, length: Duration, now: Timestamp) {
        self.turn(length, now);
        self.counts[0].attempts += 1;
        self.counts[0].failures += u32::from(failed);
    }

    /// Attempts and failures.
    fn totals(&mut self, length: Duration, now: Timestamp) -> (u32, u32) {
        self.turn(length, now);
        self.counts.iter().fold((0, 0), |(attempts, failures), counts| {
            (attempts + counts.attempts, failures + counts.failures)
        })
    }

    /// Whether it holds nothing.
    fn is_over(&self, length: Duration, now: Timestamp) -> bool {
        self.age(length, now) >= SLICES || self.counts.iter().all(|counts| counts.attempts == 0)
    }

    /// Makes room for the present slice. Time that goes back counts to the slice that was there.
    fn turn(&mut self, length: Duration, now: Timestamp) {
        let passed = self.age(length, now);
        if passed > 0 {
            self.counts.rotate_right(passed % SLICES);
            self.counts[..passed.min(SLICES)].fill(Counts::default());
            self.slice = slice_of(length, now);
        }
    }

    /// How many slices ago the last one that counted was.
    fn age(&self, length: Duration, now: Timestamp) -> usize {
        usize::try_from(slice_of(length, now).saturating_sub(self.slice)).unwrap_or(0)
    }
}

/// The number of the slice of a window that `now` is in.
fn slice_of(length: Duration, now: Timestamp) -> i64 {
    let slice = length.as_micros() / SLICES as u128;
    now.as_micros() / i64::try_from(slice).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests;
