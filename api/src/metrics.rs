//! What the api counts. Labels come from enums, and every value of theirs starts at zero, so that a
//! rate can be taken of the first occurrence.

use postrider_domain::{Series, Tally};
use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
};

/// A label whose values are the variants of an enum.
pub(crate) trait Label: Copy + PartialEq + 'static {
    const NAME: &'static str;
    const ALL: &'static [Self];
    fn value(self) -> &'static str;
}

macro_rules! label {
    ($(#[$doc:meta])* $name:ident in $label:literal { $($variant:ident = $value:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($variant,)+ }

        impl Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$variant,)+];
            fn value(self) -> &'static str {
                match self { $(Self::$variant => $value,)+ }
            }
        }
    };
}

label! {
    /// What became of an event that was sent to be published.
    Accepted in "outcome" { Stored = "stored", Duplicate = "duplicate", Conflict = "conflict", }
}
label! {
    /// What became of an event on its way from the commit to the queue.
    Relayed in "outcome" { Published = "published", Failed = "failed", Overflowed = "overflowed", }
}
label! {
    /// What became of an attempt to log in.
    Login in "outcome" { Succeeded = "succeeded", Refused = "refused", Throttled = "throttled", }
}
label! {
    /// The class of an answer's status.
    StatusClass in "status" {
        Informational = "1xx", Success = "2xx", Redirection = "3xx",
        ClientError = "4xx", ServerError = "5xx",
    }
}
label! {
    /// Whose conventions a request follows.
    Dialect in "dialect" { V1 = "v1", Aspnet = "aspnet", Token = "token", }
}

impl From<http::StatusCode> for StatusClass {
    fn from(status: http::StatusCode) -> Self {
        match status.as_u16() {
            ..200 => Self::Informational,
            200..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }
}

/// A counter per value of one label.
#[derive(Clone)]
pub(crate) struct Counters(IntCounterVec);

impl Counters {
    fn new<L: Label>(registry: &Registry, name: &str, help: &str) -> prometheus::Result<Self> {
        let counters = register(registry, IntCounterVec::new(Opts::new(name, help), &[L::NAME])?)?;
        for label in L::ALL {
            counters.with_label_values(&[label.value()]);
        }
        Ok(Self(counters))
    }

    pub(crate) fn of(&self, label: impl Label) -> IntCounter {
        self.0.with_label_values(&[label.value()])
    }
}

/// What the api counts.
#[derive(Clone)]
pub struct Metrics {
    pub(crate) accepted: Counters,
    pub(crate) commit_events: Histogram,
    pub(crate) commit_seconds: Histogram,
    pub(crate) relayed: Counters,
    pub(crate) logins: Counters,
    pub(crate) unauthenticated: IntCounter,
    pub(crate) unnoted: IntCounter,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
}

impl Metrics {
    /// Registers everything.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Self {
            accepted: Counters::new::<Accepted>(
                registry,
                "postrider_events_accepted_total",
                "Events that publishers sent, by what became of them.",
            )?,
            commit_events: histogram(
                registry,
                "postrider_accept_commit_events",
                "Events in one commit.",
                vec![1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0],
            )?,
            commit_seconds: histogram(
                registry,
                "postrider_accept_commit_duration_seconds",
                "How long a commit of events takes.",
                DURATIONS.to_vec(),
            )?,
            relayed: Counters::new::<Relayed>(
                registry,
                "postrider_relay_events_total",
                "Accepted events on their way to the queue; those not published wait in the outbox.",
            )?,
            logins: Counters::new::<Login>(
                registry,
                "postrider_logins_total",
                "Attempts to log in.",
            )?,
            unauthenticated: register(
                registry,
                IntCounter::new(
                    "postrider_http_unauthenticated_total",
                    "Requests without a good token or API key, attempts to log in apart.",
                )?,
            )?,
            unnoted: register(
                registry,
                IntCounter::new(
                    "postrider_audit_unnoted_total",
                    "Denied reads and slowed logins left out of the audit log, which had one alike \
                     within the minute.",
                )?,
            )?,
            requests: register(
                registry,
                IntCounterVec::new(
                    Opts::new("postrider_http_requests_total", "Answered HTTP requests."),
                    &[Dialect::NAME, StatusClass::NAME],
                )?,
            )?,
            request_seconds: register(
                registry,
                HistogramVec::new(
                    HistogramOpts::new(
                        "postrider_http_request_duration_seconds",
                        "How long HTTP requests take.",
                    )
                    .buckets(DURATIONS.to_vec()),
                    &[Dialect::NAME],
                )?,
            )?,
        };
        for dialect in Dialect::ALL {
            metrics.request_seconds.with_label_values(&[dialect.value()]);
            for class in StatusClass::ALL {
                metrics.requests.with_label_values(&[dialect.value(), class.value()]);
            }
        }
        Ok(metrics)
    }

    /// What was counted so far of what charts show.
    pub fn activity(&self) -> Tally {
        Tally::from_iter([(Series::Events, self.accepted.of(Accepted::Stored).get())])
    }

    pub(crate) fn answered(&self, dialect: Dialect, class: StatusClass, seconds: f64) {
        self.requests.with_label_values(&[dialect.value(), class.value()]).inc();
        self.request_seconds.with_label_values(&[dialect.value()]).observe(seconds);
    }
}

const DURATIONS: [f64; 12] =
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

fn histogram(
    registry: &Registry,
    name: &str,
    help: &str,
    buckets: Vec<f64>,
) -> prometheus::Result<Histogram> {
    register(registry, Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets))?)
}

fn register<C: Collector + Clone + 'static>(
    registry: &Registry,
    collector: C,
) -> prometheus::Result<C> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;

    #[test]
    fn every_label_value_is_there_at_zero_from_the_start() {
        let registry = Registry::new();
        Metrics::new(&registry).unwrap();
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        for line in [
            r#"postrider_events_accepted_total{outcome="duplicate"} 0"#,
            r#"postrider_relay_events_total{outcome="overflowed"} 0"#,
            r#"postrider_logins_total{outcome="throttled"} 0"#,
            r#"postrider_http_requests_total{dialect="aspnet",status="5xx"} 0"#,
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
