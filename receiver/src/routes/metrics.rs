//! What is counted of requests.

use std::time::Duration;

use crate::RefusalKind;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// What may come of a request besides a refusal.
const OUTCOMES: [&str; 7] =
    ["accepted", "duplicate", "answered", "handled", "failed", "not_kept", "unread"];

/// What is counted of requests to receivers.
#[derive(Clone)]
pub struct ReceiveMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl ReceiveMetrics {
    /// Metrics that `registry` shows, with a series at zero for each of `receivers`.
    ///
    /// # Errors
    /// When others have the same names.
    pub fn new<'a>(
        registry: &Registry,
        receivers: impl IntoIterator<Item = &'a str>,
    ) -> prometheus::Result<Self> {
        let metrics = Self::default();
        for receiver in receivers {
            metrics.seconds.with_label_values(&[receiver]);
            for outcome in
                OUTCOMES.into_iter().chain(RefusalKind::ALL.iter().map(|kind| kind.as_str()))
            {
                metrics.requests.with_label_values(&[receiver, outcome]);
            }
        }
        registry.register(Box::new(metrics.requests.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        Ok(metrics)
    }

    pub(super) fn observe(&self, receiver: &str, outcome: &str, took: Duration) {
        self.requests.with_label_values(&[receiver, outcome]).inc();
        self.seconds.with_label_values(&[receiver]).observe(took.as_secs_f64());
    }
}

impl Default for ReceiveMetrics {
    /// Metrics that nobody shows.
    fn default() -> Self {
        let requests = Opts::new(
            "postrider_received_requests_total",
            "Requests to receivers by what came of them: accepted, duplicate, answered (handshakes and pings), handled, failed, not_kept, unread, or why they were refused.",
        );
        let seconds = HistogramOpts::new(
            "postrider_receive_seconds",
            "Time from the head of a request to the answer.",
        )
        .buckets(vec![
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ]);
        let named = "the names and labels of metrics are valid";
        Self {
            requests: IntCounterVec::new(requests, &["receiver", "outcome"]).expect(named),
            seconds: HistogramVec::new(seconds, &["receiver"]).expect(named),
        }
    }
}
