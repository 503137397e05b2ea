//! What the inbox counts. Names of receivers and handlers come from the program and its configuration;
//! any other one is counted as `other`, so that no sender makes a series.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use postrider_domain::ports::{Accepted, InboxBacklog, Verdict};
use postrider_domain::{Ended, RunOutcome, Timestamp};
use postrider_runtime::Registrar;
use prometheus::{
    Gauge, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry, Result,
};

use super::process::{NO_HANDLER, READING};

/// From a handler that writes a line to one that uses up its time.
const DURATIONS: [f64; 12] =
    [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0];
/// From an idle system to one that tries again for a day.
const AGES: [f64; 12] =
    [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0, 3_600.0, 21_600.0, 86_400.0];

const OTHER: &str = "other";
const OUTCOMES: [&str; 3] = ["done", "stopped", "failed"];
const PROCESSED: &str = "processed";
const DEAD: &str = "dead";

/// The metrics of the inbox.
#[derive(Clone)]
pub struct Metrics {
    receivers: Arc<HashSet<String>>,
    handlers: Arc<HashSet<String>>,
    stored: IntCounterVec,
    duplicates: IntCounterVec,
    runs: IntCounterVec,
    run_seconds: HistogramVec,
    settled_seconds: HistogramVec,
    messages: IntCounterVec,
    backlog: BacklogMetrics,
    removed: IntCounterVec,
    /// Webhooks that could not be stored in time, as far as their senders know.
    pub(super) accept_failures: IntCounter,
    /// Ids that could not be announced when they were stored or due.
    pub(super) announce_failures: IntCounter,
    /// Ids that the scheduler announced.
    pub(super) due: IntCounter,
    /// Leases that were lost.
    pub(super) leases_lost: IntCounter,
    /// Webhooks that were put off because those of their URL had their share of the slots.
    pub(super) put_off: IntCounter,
    /// Runs that could not be recorded.
    pub(super) record_failures: IntCounter,
    /// Webhooks that handlers are at.
    pub(super) in_progress: IntGauge,
}

#[derive(Clone)]
struct BacklogMetrics {
    wanted: IntGauge,
    waiting: IntGauge,
    dead: IntGauge,
    oldest_seconds: Gauge,
}

impl Metrics {
    /// Registers them, with a series at zero for every receiver and every handler.
    ///
    /// # Errors
    /// When one of the names is taken in `registry`.
    pub fn new(
        registry: &Registry,
        receivers: impl IntoIterator<Item = impl Into<String>>,
        handlers: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self> {
        let new = Registrar(registry);
        let receivers: HashSet<String> = receivers.into_iter().map(Into::into).collect();
        let mut handlers: HashSet<String> = handlers.into_iter().map(Into::into).collect();
        handlers.extend([READING, NO_HANDLER].map(str::to_owned));
        let metrics = Self {
            stored: new.counters(
                "postrider_inbox_accepted_total",
                "Webhooks that were stored.",
                "receiver",
                [OTHER],
            )?,
            duplicates: new.counters(
                "postrider_inbox_duplicates_total",
                "Webhooks that were there already: their sender sent them again.",
                "receiver",
                [OTHER],
            )?,
            runs: runs(registry)?,
            run_seconds: new.histograms(
                ("postrider_inbox_run_duration_seconds", "How long a run of a handler took."),
                &DURATIONS,
                "handler",
                [OTHER],
            )?,
            settled_seconds: new.histograms(
                (
                    "postrider_inbox_settled_seconds",
                    "Time from the reception of a webhook to the end of its processing.",
                ),
                &AGES,
                "state",
                [PROCESSED, DEAD],
            )?,
            messages: new.counters(
                "postrider_inbox_messages_total",
                "Messages of the inbox queue, by how they were settled.",
                "verdict",
                [Verdict::Ack, Verdict::Requeue, Verdict::DeadLetter].map(verdict_name),
            )?,
            backlog: BacklogMetrics::new(new)?,
            removed: new.counters(
                "postrider_inbox_removed_total",
                "Webhooks that were over for long enough and were removed.",
                "state",
                [PROCESSED, DEAD],
            )?,
            accept_failures: new.counter(
                "postrider_inbox_accept_failures_total",
                "Webhooks that were not stored in time, so that their sender was told to send them again.",
            )?,
            announce_failures: new.counter(
                "postrider_inbox_announce_failures_total",
                "Webhooks that could not be announced to the processors; the scheduler does it later.",
            )?,
            due: new.counter(
                "postrider_inbox_due_total",
                "Webhooks that the scheduler announced: retries, replays, and those whose message was lost.",
            )?,
            leases_lost: new.counter(
                "postrider_inbox_leases_lost_total",
                "Webhooks that were claimed, and whose lease was lost before their handlers had run.",
            )?,
            put_off: new.counter(
                "postrider_inbox_put_off_total",
                "Webhooks that were put off because those of their URL used their share of the slots.",
            )?,
            record_failures: new.counter(
                "postrider_inbox_record_failures_total",
                "Runs that could not be recorded, so that the handler runs again.",
            )?,
            in_progress: new
                .gauge("postrider_inbox_in_progress", "Webhooks whose handlers run right now.")?,
            receivers: Arc::new(receivers),
            handlers: Arc::new(handlers),
        };
        metrics.start_at_zero();
        Ok(metrics)
    }

    fn start_at_zero(&self) {
        for receiver in self.receivers.iter() {
            self.stored.with_label_values(&[receiver]);
            self.duplicates.with_label_values(&[receiver]);
        }
        for handler in self.handlers.iter().map(String::as_str).chain([OTHER]) {
            self.run_seconds.with_label_values(&[handler]);
            for outcome in OUTCOMES {
                self.runs.with_label_values(&[handler, outcome]);
            }
        }
    }

    pub(super) fn accepted(&self, receiver: &str, accepted: Accepted) {
        let counter = match accepted {
            Accepted::Stored => &self.stored,
            Accepted::Duplicate(_) => &self.duplicates,
        };
        counter.with_label_values(&[known(&self.receivers, receiver)]).inc();
    }

    pub(super) fn run_ended(&self, handler: &str, outcome: &RunOutcome, took: Duration) {
        let handler = known(&self.handlers, handler);
        self.runs.with_label_values(&[handler, outcome.as_str()]).inc();
        self.run_seconds.with_label_values(&[handler]).observe(took.as_secs_f64());
    }

    pub(super) fn settled(&self, ended: Ended, since_reception: Duration) {
        let state = match ended {
            Ended::Processed => PROCESSED,
            Ended::Dead => DEAD,
        };
        self.settled_seconds.with_label_values(&[state]).observe(since_reception.as_secs_f64());
    }

    pub(super) fn message_settled(&self, verdict: Verdict) {
        self.messages.with_label_values(&[verdict_name(verdict)]).inc();
    }

    pub(super) fn removed(&self, ended: Ended, count: u64) {
        let state = match ended {
            Ended::Processed => PROCESSED,
            Ended::Dead => DEAD,
        };
        self.removed.with_label_values(&[state]).inc_by(count);
    }

    pub(super) fn backlog(&self, backlog: &InboxBacklog, now: Timestamp) {
        let InboxBacklog { wanted, waiting, dead, oldest } = *backlog;
        self.backlog.wanted.set(wanted);
        self.backlog.waiting.set(waiting);
        self.backlog.dead.set(dead);
        let age = oldest.map_or(Duration::ZERO, |oldest| now.since(oldest));
        self.backlog.oldest_seconds.set(age.as_secs_f64());
    }
}

impl BacklogMetrics {
    fn new(new: Registrar<'_>) -> Result<Self> {
        Ok(Self {
            wanted: new.gauge(
                "postrider_inbox_wanted",
                "Webhooks that are to be processed by now; counting stops at 10000.",
            )?,
            waiting: new.gauge(
                "postrider_inbox_waiting",
                "Webhooks that wait for a later time; counting stops at 10000.",
            )?,
            dead: new.gauge(
                "postrider_inbox_dead",
                "Webhooks that were given up; counting stops at 10000.",
            )?,
            oldest_seconds: new.float_gauge(
                "postrider_inbox_oldest_wanted_age_seconds",
                "How long ago the oldest webhook was received that is to be processed by now; 0 when there is none.",
            )?,
        })
    }
}

fn runs(registry: &Registry) -> Result<IntCounterVec> {
    let options = Opts::new(
        "postrider_inbox_runs_total",
        "Runs of handlers that ended, by what came of them.",
    );
    let runs = IntCounterVec::new(options, &["handler", "outcome"])?;
    registry.register(Box::new(runs.clone()))?;
    Ok(runs)
}

fn known<'a>(names: &HashSet<String>, name: &'a str) -> &'a str {
    if names.contains(name) { name } else { OTHER }
}

const fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ack => "ack",
        Verdict::Requeue => "requeue",
        Verdict::DeadLetter => "dead_letter",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(registry: &Registry, name: &str) -> usize {
        let families = registry.gather();
        families.iter().find(|family| family.name() == name).unwrap().get_metric().len()
    }

    #[test]
    fn every_series_is_there_at_zero_and_a_strange_name_makes_no_new_one() {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry, ["github", "custom"], ["log"]).unwrap();
        assert_eq!(series(&registry, "postrider_inbox_accepted_total"), 3);
        assert_eq!(series(&registry, "postrider_inbox_runs_total"), 4 * OUTCOMES.len());

        metrics.accepted("nobody", Accepted::Stored);
        metrics.run_ended("nobody", &RunOutcome::Done, Duration::ZERO);
        assert_eq!(series(&registry, "postrider_inbox_accepted_total"), 3);
        assert_eq!(series(&registry, "postrider_inbox_runs_total"), 4 * OUTCOMES.len());
        assert!(registry.gather().iter().all(|it| it.name().starts_with("postrider_inbox_")));
    }
}
