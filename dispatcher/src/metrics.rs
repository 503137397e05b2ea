//! What the dispatcher counts.

use postrider_domain::ports::QueueName;
use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};

/// The dispatcher's metrics.
#[derive(Clone)]
pub struct Metrics {
    pub(crate) events_dispatched: IntCounter,
    pub(crate) deliveries_created: IntCounter,
    pub(crate) events_rescued: IntCounter,
    pub(crate) deliveries_due: IntCounter,
    pub(crate) deliveries_released: IntCounter,
    pub(crate) poisoned: IntCounter,
    pub(crate) dispatch_seconds: Histogram,
    pub(crate) undispatched: IntGauge,
    pub(crate) wanted: IntGauge,
    pub(crate) waiting: IntGauge,
    pub(crate) held: IntGauge,
    pub(crate) oldest_wanted_seconds: Gauge,
    publish_failures: IntCounterVec,
}

impl Metrics {
    /// Registers them, every one at zero.
    ///
    /// # Errors
    /// When a name is taken in `registry`.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str| -> prometheus::Result<IntCounter> {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |name: &str, help: &str| -> prometheus::Result<IntGauge> {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };

        let dispatch_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "postrider_dispatch_duration_seconds",
                "How long it took to create the deliveries of one batch of events.",
            )
            .buckets(prometheus::exponential_buckets(0.000_5, 2.0, 14)?),
        )?;
        registry.register(Box::new(dispatch_seconds.clone()))?;
        let oldest_wanted_seconds = Gauge::new(
            "postrider_oldest_wanted_age_seconds",
            "How long the oldest delivery that is wanted by now has been; 0 when none is.",
        )?;
        registry.register(Box::new(oldest_wanted_seconds.clone()))?;
        let publish_failures = IntCounterVec::new(
            Opts::new(
                "postrider_dispatcher_publish_failures_total",
                "Publishes to the queue that failed; the scheduler repeats them later.",
            ),
            &["queue"],
        )?;
        registry.register(Box::new(publish_failures.clone()))?;
        for queue in QueueName::ALL {
            publish_failures.with_label_values(&[queue.as_str()]);
        }

        Ok(Self {
            events_dispatched: counter(
                "postrider_events_dispatched_total",
                "Event messages that were handled.",
            )?,
            deliveries_created: counter(
                "postrider_deliveries_created_total",
                "Deliveries that were created.",
            )?,
            events_rescued: counter(
                "postrider_events_rescued_total",
                "Events published again because they were not dispatched in time.",
            )?,
            deliveries_due: counter(
                "postrider_deliveries_due_total",
                "Deliveries the scheduler sent to the workers: retries, and those whose message was lost.",
            )?,
            deliveries_released: counter(
                "postrider_deliveries_released_total",
                "Held deliveries that were released after their registration was resumed.",
            )?,
            poisoned: counter(
                "postrider_dispatcher_poisoned_total",
                "Event messages that could not be handled and went to the dead queue.",
            )?,
            dispatch_seconds,
            undispatched: gauge(
                "postrider_events_undispatched",
                "Events that wait to be dispatched; counting stops at 10000.",
            )?,
            wanted: gauge(
                "postrider_deliveries_wanted",
                "Pending deliveries that are wanted by now; counting stops at 10000.",
            )?,
            waiting: gauge(
                "postrider_deliveries_waiting",
                "Pending deliveries that wait for their retry; counting stops at 10000.",
            )?,
            held: gauge(
                "postrider_deliveries_held",
                "Deliveries held for paused registrations; counting stops at 10000.",
            )?,
            oldest_wanted_seconds,
            publish_failures,
        })
    }

    pub(crate) fn publish_failed(&self, queue: QueueName) {
        self.publish_failures.with_label_values(&[queue.as_str()]).inc();
    }
}
