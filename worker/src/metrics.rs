//! What the worker counts. Labels come from enums, and every series is there at zero from the start,
//! so that the first failure is a change and not a new line.

mod receivers;

use std::time::Duration;

use postrider_domain::activity::{LATENCY_BUCKETS, latency_bounds};
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::Verdict;
use postrider_domain::{AttemptOutcome, FailureCause, Series, Settlement, Tally};
use postrider_runtime::Registrar;
use prometheus::core::Metric;
use prometheus::proto::Bucket;
use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge, Registry};

use self::receivers::Receivers;
use crate::lanes::Lane;

/// From a receiver on the same host to one that uses up the time-out.
const DURATIONS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// From a batch of one to the largest that is sensible to configure.
const BATCHES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

const SUCCEEDED: &str = "succeeded";
const RETRY: &str = "retry";
const DELIVERED: &str = "delivered";
const HOLD: &str = "hold";

/// The worker's metrics.
#[derive(Clone)]
pub struct Metrics {
    attempts: IntCounterVec,
    attempt_duration: HistogramVec,
    settlements: IntCounterVec,
    messages: IntCounterVec,
    taken: IntCounterVec,
    /// How receivers do.
    pub(crate) receivers: Receivers,
    /// Requests that are on their way.
    pub(crate) requests_in_flight: IntGauge,
    /// From the acceptance of an event to its first attempt.
    pub(crate) first_attempt_delay: Histogram,
    /// From the acceptance of an event to its delivery.
    pub(crate) latency: Histogram,
    /// Deliveries per claiming statement.
    pub(crate) claim_batch: Histogram,
    /// Attempts per recording commit.
    pub(crate) record_batch: Histogram,
    /// Deliveries that were claimed.
    pub(crate) claimed: IntCounter,
    /// Deliveries that a claim passed over.
    pub(crate) passed_over: IntCounter,
    /// Deliveries whose lease ran out before their request began.
    pub(crate) leases_lost: IntCounter,
    /// Claims that failed.
    pub(crate) claim_failures: IntCounter,
    /// Records that failed, so that a delivery may be sent again.
    pub(crate) record_failures: IntCounter,
}

impl Metrics {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When one of the names is taken.
    #[expect(clippy::too_many_lines, reason = "a list of metrics, and nothing else")]
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let outcomes =
            || [SUCCEEDED].into_iter().chain(FailureCause::ALL.iter().map(|c| c.as_str()));
        let settlements =
            [DELIVERED, RETRY, HOLD].into_iter().chain(DeadReason::ALL.iter().map(|r| r.as_str()));
        let verdicts = [Verdict::Ack, Verdict::Requeue, Verdict::DeadLetter].map(verdict_name);

        let new = Registrar(registry);
        Ok(Self {
            attempts: new.counters(
                "postrider_attempts_total",
                "Attempts that ended, by what came of them.",
                "outcome",
                outcomes(),
            )?,
            attempt_duration: new.histograms(
                (
                    "postrider_attempt_duration_seconds",
                    "Time from the start of a request to the last byte of its answer.",
                ),
                &DURATIONS,
                "outcome",
                outcomes(),
            )?,
            receivers: Receivers::new(new)?,
            settlements: new.counters(
                "postrider_deliveries_settled_total",
                "What attempts made of their deliveries.",
                "settlement",
                settlements,
            )?,
            messages: new.counters(
                "postrider_worker_messages_total",
                "Messages of the deliveries queues, by how they were settled.",
                "verdict",
                verdicts,
            )?,
            taken: new.counters(
                "postrider_worker_deliveries_total",
                "Deliveries taken from the queues: new ones, and those that come later.",
                "lane",
                Lane::ALL.map(Lane::as_str),
            )?,
            requests_in_flight: new
                .gauge("postrider_requests_in_flight", "Requests that are on their way.")?,
            first_attempt_delay: new.histogram(
                "postrider_first_attempt_delay_seconds",
                "Time from the acceptance of an event to the first attempt of a delivery.",
                &DURATIONS,
            )?,
            latency: new.histogram(
                "postrider_delivery_latency_seconds",
                "Time from the acceptance of an event until it was delivered, but for what was sent again.",
                &latency_bounds(),
            )?,
            claim_batch: new.histogram(
                "postrider_claim_batch_deliveries",
                "Deliveries per claiming statement.",
                &BATCHES,
            )?,
            record_batch: new.histogram(
                "postrider_record_batch_attempts",
                "Attempts per recording commit.",
                &BATCHES,
            )?,
            claimed: new
                .counter("postrider_deliveries_claimed_total", "Deliveries that were claimed.")?,
            passed_over: new.counter(
                "postrider_deliveries_passed_over_total",
                "Deliveries that a claim passed over: settled, held, leased or not due.",
            )?,
            leases_lost: new.counter(
                "postrider_leases_lost_total",
                "Leases that ran out before their request began.",
            )?,
            claim_failures: new.counter(
                "postrider_claim_failures_total",
                "Deliveries that could not be claimed because the store failed.",
            )?,
            record_failures: new.counter(
                "postrider_record_failures_total",
                "Attempts that could not be recorded, so that they may be made again.",
            )?,
        })
    }

    pub(crate) fn attempt_ended(&self, outcome: &AttemptOutcome, duration: Duration) {
        let outcome = outcome.cause().map_or(SUCCEEDED, FailureCause::as_str);
        self.attempts.with_label_values(&[outcome]).inc();
        self.attempt_duration.with_label_values(&[outcome]).observe(duration.as_secs_f64());
    }

    pub(crate) fn settled(&self, settlement: Settlement) {
        let settlement = match settlement {
            Settlement::Delivered => DELIVERED,
            Settlement::Retry { .. } => RETRY,
            Settlement::Hold => HOLD,
            Settlement::Dead { reason } => reason.as_str(),
        };
        self.settlements.with_label_values(&[settlement]).inc();
    }

    /// What was counted so far of what charts show.
    pub fn activity(&self) -> Tally {
        let attempts = |outcome: &str| self.attempts.with_label_values(&[outcome]).get();
        let settled = |reason: &str| self.settlements.with_label_values(&[reason]).get();
        let mut tally = Tally::from_iter([
            (Series::Succeeded, attempts(SUCCEEDED)),
            (Series::Failed, FailureCause::ALL.iter().map(|cause| attempts(cause.as_str())).sum()),
            (Series::Dead, DeadReason::ALL.iter().map(|reason| settled(reason.as_str())).sum()),
        ]);
        let latency = self.latency.metric();
        let histogram = latency.get_histogram();
        let up_to_bounds = histogram.get_bucket().iter().map(Bucket::cumulative_count);
        let mut below = 0;
        for (bucket, up_to) in
            (0..).zip(up_to_bounds.chain([histogram.get_sample_count()])).take(LATENCY_BUCKETS)
        {
            tally.count(Series::Latency(bucket), up_to.saturating_sub(below));
            below = up_to;
        }
        tally
    }

    /// Deliveries taken through a lane.
    pub(crate) fn taken(&self, lane: Lane) -> IntCounter {
        self.taken.with_label_values(&[lane.as_str()])
    }

    pub(crate) fn message_settled(&self, verdict: Verdict) {
        self.messages.with_label_values(&[verdict_name(verdict)]).inc();
    }
}

const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ack => "ack",
        Verdict::Requeue => "requeue",
        Verdict::DeadLetter => "dead_letter",
    }
}

/// The size of a batch, as a histogram takes it.
pub(crate) fn batch_size(items: usize) -> f64 {
    u32::try_from(items).unwrap_or(u32::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_charts_show_is_what_was_counted() {
        let metrics = Metrics::new(&Registry::new()).unwrap();
        let failed = |cause| AttemptOutcome::Failed { cause, status: None, detail: None };
        metrics.attempt_ended(&AttemptOutcome::Succeeded { status: 204 }, Duration::ZERO);
        metrics.attempt_ended(&failed(FailureCause::Dns), Duration::ZERO);
        metrics.attempt_ended(&failed(FailureCause::HttpStatus), Duration::ZERO);
        metrics.settled(Settlement::Delivered);
        metrics.settled(Settlement::Dead { reason: DeadReason::Gone });
        for seconds in [0.000_5, 0.001, 0.001_2, 3_600.0] {
            metrics.latency.observe(seconds);
        }
        let counted = metrics.activity().since(&Tally::default());
        let expected = [
            (Series::Succeeded, 1),
            (Series::Failed, 2),
            (Series::Dead, 1),
            (Series::Latency(0), 2),
            (Series::Latency(1), 1),
            (Series::Latency(u8::try_from(LATENCY_BUCKETS).unwrap() - 1), 1),
        ];
        assert_eq!(counted, expected.into_iter().collect());
    }

    #[test]
    fn every_series_is_there_at_zero_before_anything_happens() {
        let registry = Registry::new();
        Metrics::new(&registry).unwrap();
        let families = registry.gather();
        let series = |name: &str| {
            families.iter().find(|family| family.name() == name).unwrap().get_metric().len()
        };
        assert_eq!(series("postrider_attempts_total"), 1 + FailureCause::ALL.len());
        assert_eq!(series("postrider_deliveries_settled_total"), 3 + DeadReason::ALL.len());
        assert_eq!(series("postrider_worker_messages_total"), 3);
        assert_eq!(series("postrider_worker_deliveries_total"), 2);
        assert_eq!(series("postrider_registration_transitions_total"), 4);
        assert!(families.iter().all(|family| family.name().starts_with("postrider_")));
    }
}
