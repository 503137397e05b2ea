//! What the dispatcher counts.

use postrider_domain::Removed;
use postrider_domain::ports::QueueName;
use postrider_runtime::Registrar;
use prometheus::{Gauge, Histogram, IntCounter, IntCounterVec, IntGauge, Registry};

const HOLDS: &str = "holds";
const DOES_NOT_HOLD: &str = "does_not_hold";
const FAILED: &str = "failed";
/// The kinds of what retention removes, in the order of [`Metrics::removed`].
const REMOVED: [&str; 6] = ["partitions", "events", "deliveries", "attempts", "keys", "audit"];

/// The queues that it publishes to.
const PUBLISHED: [QueueName; 3] = [QueueName::Events, QueueName::Deliveries, QueueName::Retries];

/// The dispatcher's metrics.
#[derive(Clone)]
pub struct Metrics {
    pub(crate) dispatch: DispatchMetrics,
    pub(crate) schedule: ScheduleMetrics,
    pub(crate) backlog: BacklogMetrics,
    pub(crate) retention_lag_seconds: Gauge,
    removed: IntCounterVec,
    publish_failures: IntCounterVec,
}

/// Turning events into deliveries.
#[derive(Clone)]
pub(crate) struct DispatchMetrics {
    pub(crate) events: IntCounter,
    pub(crate) created: IntCounter,
    pub(crate) poisoned: IntCounter,
    pub(crate) seconds: Histogram,
    conditions: IntCounterVec,
}

/// Sending on what is due.
#[derive(Clone)]
pub(crate) struct ScheduleMetrics {
    pub(crate) events_rescued: IntCounter,
    pub(crate) due: IntCounter,
    pub(crate) released: IntCounter,
    pub(crate) probes: IntCounter,
    pub(crate) replayed: IntCounter,
    pub(crate) overflowed: IntCounter,
}

/// What waits.
#[derive(Clone)]
pub(crate) struct BacklogMetrics {
    pub(crate) undispatched: IntGauge,
    pub(crate) wanted: IntGauge,
    pub(crate) waiting: IntGauge,
    pub(crate) held: IntGauge,
    pub(crate) oldest_wanted_seconds: Gauge,
    pub(crate) open_breakers: IntGauge,
}

impl Metrics {
    /// Registers them, every one at zero.
    ///
    /// # Errors
    /// When a name is taken in `registry`.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let new = Registrar(registry);
        Ok(Self {
            dispatch: DispatchMetrics::new(new)?,
            schedule: ScheduleMetrics::new(new)?,
            backlog: BacklogMetrics::new(new)?,
            retention_lag_seconds: new.float_gauge(
                "postrider_retention_lag_seconds",
                "How much older than it should be the oldest record is that retention has not removed.",
            )?,
            removed: new.counters(
                "postrider_retention_removed_total",
                "What retention removed; partitions count as one, their rows not at all.",
                "kind",
                REMOVED,
            )?,
            publish_failures: new.counters(
                "postrider_dispatcher_publish_failures_total",
                "Publishes to the queue that failed; the scheduler repeats them later.",
                "queue",
                PUBLISHED.map(QueueName::as_str),
            )?,
        })
    }

    pub(crate) fn publish_failed(&self, queue: QueueName) {
        self.publish_failures.with_label_values(&[queue.as_str()]).inc();
    }

    pub(crate) fn removed(&self, removed: &Removed) {
        let Removed { partitions, events, deliveries, attempts, keys, audit, more: _ } = *removed;
        let counts = [partitions, events, deliveries, attempts, keys, audit];
        for (kind, count) in REMOVED.into_iter().zip(counts) {
            self.removed.with_label_values(&[kind]).inc_by(count);
        }
    }
}

impl DispatchMetrics {
    fn new(new: Registrar<'_>) -> prometheus::Result<Self> {
        Ok(Self {
            events: new.counter(
                "postrider_events_dispatched_total",
                "Event messages that were handled.",
            )?,
            created: new
                .counter("postrider_deliveries_created_total", "Deliveries that were created.")?,
            poisoned: new.counter(
                "postrider_dispatcher_poisoned_total",
                "Event messages that could not be handled and went to the dead queue.",
            )?,
            seconds: new.histogram(
                "postrider_dispatch_duration_seconds",
                "How long it took to create the deliveries of one batch of events.",
                &prometheus::exponential_buckets(0.000_5, 2.0, 14)?,
            )?,
            conditions: new.counters(
                "postrider_conditions_judged_total",
                "Conditions of registrations that were judged on an event.",
                "result",
                [HOLDS, DOES_NOT_HOLD, FAILED],
            )?,
        })
    }

    /// Counts a condition by its result; `None` is one that could not be judged.
    pub(crate) fn condition_judged(&self, holds: Option<bool>) {
        let result = match holds {
            Some(true) => HOLDS,
            Some(false) => DOES_NOT_HOLD,
            None => FAILED,
        };
        self.conditions.with_label_values(&[result]).inc();
    }
}

impl ScheduleMetrics {
    fn new(new: Registrar<'_>) -> prometheus::Result<Self> {
        Ok(Self {
            events_rescued: new.counter(
                "postrider_events_rescued_total",
                "Events published again because they were not dispatched in time.",
            )?,
            due: new.counter(
                "postrider_deliveries_due_total",
                "Deliveries the scheduler sent to the workers: retries, what was let go, and those whose message was lost.",
            )?,
            released: new
                .counter("postrider_deliveries_released_total", "Held deliveries that were let go.")?,
            probes: new.counter(
                "postrider_probes_total",
                "Deliveries that were let go to see whether a failing receiver is back.",
            )?,
            replayed: new.counter(
                "postrider_deliveries_replayed_total",
                "Deliveries that a replay job made pending again.",
            )?,
            overflowed: new.counter(
                "postrider_deliveries_overflowed_total",
                "Held deliveries that were given up: too many were held, or for too long.",
            )?,
        })
    }
}

impl BacklogMetrics {
    fn new(new: Registrar<'_>) -> prometheus::Result<Self> {
        Ok(Self {
            undispatched: new.gauge(
                "postrider_events_undispatched",
                "Events that wait to be dispatched; counting stops at 10000.",
            )?,
            wanted: new.gauge(
                "postrider_deliveries_wanted",
                "Pending deliveries that are wanted by now; counting stops at 10000.",
            )?,
            waiting: new.gauge(
                "postrider_deliveries_waiting",
                "Pending deliveries that wait for their retry; counting stops at 10000.",
            )?,
            held: new.gauge(
                "postrider_deliveries_held",
                "Deliveries that are held, whatever for; counting stops at 10000.",
            )?,
            oldest_wanted_seconds: new.float_gauge(
                "postrider_oldest_wanted_age_seconds",
                "How long the oldest delivery that is wanted by now has been; 0 when none is.",
            )?,
            open_breakers: new.gauge(
                "postrider_open_breakers",
                "Registrations whose receiver is left alone because it failed; counting stops at 10000.",
            )?,
        })
    }
}
