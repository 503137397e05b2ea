//! The settings of the inbox.

use std::time::Duration;

use humantime_serde::Serde;
use postrider_batcher::Settings as BatchSettings;
use postrider_domain::{Invalid, RetryPolicy};
use serde::{Deserialize, Serialize};

use super::announce::IDS_PER_MESSAGE;

/// How received webhooks are stored, processed and kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InboxConfig {
    /// The most webhooks that one commit stores; a body counts as one more for every 4 KiB.
    pub accept_batch: usize,
    /// The most such commits at a time. One at a time stores the most, since what comes meanwhile shares
    /// the next; more pay off where a commit waits long for a database that is far away.
    pub accept_in_flight: usize,
    /// The most bytes of webhooks that wait for their commit. More senders than that wait, and are told
    /// to send again after `accept_timeout`.
    pub accept_bytes: usize,
    /// How long a sender waits for its webhook to be stored, before it is told to send it again. Most
    /// senders give up after 10 s themselves.
    #[serde(with = "humantime_serde")]
    pub accept_timeout: Duration,
    /// The most webhooks that a processor works on at a time. Those of one URL have half of what the
    /// others leave, so that slow handlers keep nobody else waiting.
    pub concurrency: usize,
    /// The most bytes of the bodies of webhooks that are worked on. Those of one URL have half of what the
    /// others leave, as with `concurrency`; a body that is larger than half of it counts as that half.
    pub work_bytes: usize,
    /// How long a webhook waits for one of these places while none comes free. After that it is put off:
    /// back into the store until there should be room.
    #[serde(with = "humantime_serde")]
    pub busy_patience: Duration,
    /// How long a handler may run. One that takes longer is dropped, and has failed.
    #[serde(with = "humantime_serde")]
    pub handler_timeout: Duration,
    /// How long a webhook that is worked on is hidden from other processors; it is prolonged every
    /// third of it. After a crash the webhook waits until this and `rescue_after` are both over. The
    /// clocks of processors should agree within a few seconds: by one that is fast by more than that, a
    /// lease is over too early, and a handler that runs may be run beside itself.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// The delays between the runs of a handler that fails; their number is that of the retries.
    pub retry_delays: Vec<Serde<Duration>>,
    /// How far a retry may be from its delay either way, as a share of it.
    pub retry_jitter: f64,
    /// The longest time that a handler may ask for before its next run; a longer one counts as this.
    #[serde(with = "humantime_serde")]
    pub max_retry_after: Duration,
    /// How often a claim or a record is tried again when the store does not answer, with pauses that
    /// grow from 50 ms to 5 s. A handler whose run is not recorded in the end runs again.
    pub store_retries: usize,
    /// How often the scheduler looks for what is due. A retry is late by this much at the most.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// The most webhooks that the scheduler takes at a time.
    pub due_batch: u32,
    /// When a webhook whose message was lost is announced again. Tests shorten it.
    #[serde(with = "humantime_serde")]
    pub rescue_after: Duration,
    /// How often it is counted for the metrics what waits.
    #[serde(with = "humantime_serde")]
    pub backlog_interval: Duration,
    /// How long webhooks are kept when they are over.
    pub retention: InboxRetention,
}

/// How long webhooks are kept when they are over, with the record of their runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InboxRetention {
    /// Those that were processed. As long as one is kept, the same one is noticed when it comes again.
    #[serde(with = "humantime_serde")]
    pub processed: Duration,
    /// Those that are dead.
    #[serde(with = "humantime_serde")]
    pub dead: Duration,
    /// How often old ones are removed.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// The most that are removed by one statement.
    pub batch: u32,
}

impl Default for InboxConfig {
    fn default() -> Self {
        let delays = [10, 60, 600, 3_600, 6 * 3_600];
        Self {
            accept_batch: 500,
            accept_in_flight: 1,
            accept_bytes: 64 * 1024 * 1024,
            accept_timeout: Duration::from_secs(5),
            concurrency: 64,
            work_bytes: 256 * 1024 * 1024,
            busy_patience: Duration::from_millis(100),
            handler_timeout: Duration::from_mins(5),
            lease: Duration::from_secs(30),
            retry_delays: delays.map(|delay| Serde::from(Duration::from_secs(delay))).into(),
            retry_jitter: 0.1,
            max_retry_after: Duration::from_hours(24),
            store_retries: 8,
            poll_interval: Duration::from_millis(500),
            due_batch: 500,
            rescue_after: Duration::from_mins(1),
            backlog_interval: Duration::from_secs(5),
            retention: InboxRetention::default(),
        }
    }
}

impl Default for InboxRetention {
    fn default() -> Self {
        Self {
            processed: Duration::from_hours(7 * 24),
            dead: Duration::from_hours(30 * 24),
            interval: Duration::from_mins(10),
            batch: 1_000,
        }
    }
}

impl InboxConfig {
    /// Every problem with the values, as sentences for the operator.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let counts = [
            ("accept_batch", self.accept_batch, 1, 1_000),
            ("accept_in_flight", self.accept_in_flight, 1, 100),
            // With one alone, those of a slow URL would keep all others waiting.
            ("concurrency", self.concurrency, 2, 10_000),
            ("due_batch", self.due_batch as usize, 1, 10_000),
            ("retention.batch", self.retention.batch as usize, 1, 100_000),
        ];
        for (name, count, fewest, most) in counts {
            if !(fewest..=most).contains(&count) {
                problems.push(format!("`{name}` must be {fewest} to {most}"));
            }
        }
        // More than 4 GiB cannot be counted by one request for room.
        if !(1_048_576..=4_294_967_295).contains(&self.accept_bytes) {
            problems.push("`accept_bytes` must be 1 MiB to 4 GiB".into());
        }
        if self.work_bytes < 1_048_576 {
            problems.push("`work_bytes` must be at least 1 MiB".into());
        }
        let durations = [
            ("accept_timeout", self.accept_timeout),
            ("busy_patience", self.busy_patience),
            ("handler_timeout", self.handler_timeout),
            ("lease", self.lease),
            ("poll_interval", self.poll_interval),
            ("rescue_after", self.rescue_after),
            ("backlog_interval", self.backlog_interval),
            ("retention.processed", self.retention.processed),
            ("retention.dead", self.retention.dead),
            ("retention.interval", self.retention.interval),
        ];
        let zero = durations.iter().filter(|(_, duration)| duration.is_zero());
        problems.extend(zero.map(|(name, _)| format!("`{name}` must be longer than zero")));
        problems.extend(self.retry_policy().err().map(|invalid| invalid.to_string()));
        problems
    }

    pub(super) fn retry_policy(&self) -> Result<RetryPolicy, Invalid> {
        let delays = self.retry_delays.iter().map(|delay| delay.into_inner()).collect();
        RetryPolicy::try_new(delays, self.retry_jitter, self.max_retry_after)
    }

    pub(super) fn accepting(&self) -> BatchSettings {
        BatchSettings { max_weight: self.accept_batch, max_in_flight: self.accept_in_flight }
    }

    /// One statement claims what waits; there is never more than there are slots.
    pub(super) fn claiming(&self) -> BatchSettings {
        BatchSettings { max_weight: self.concurrency, max_in_flight: 1 }
    }

    /// A message is settled when its webhooks are claimed, so that a few more than fill the slots are
    /// enough. What is not taken is there for other processors.
    pub(super) fn prefetch(&self) -> u16 {
        const MORE: usize = 4;
        u16::try_from(self.concurrency / IDS_PER_MESSAGE + MORE).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense_and_are_written_as_people_write_them() {
        let config = InboxConfig::default();
        assert_eq!(config.validate(), Vec::<String>::new());
        let written = serde_json::to_value(&config).unwrap();
        assert_eq!(written["retry_delays"], serde_json::json!(["10s", "1m", "10m", "1h", "6h"]));
        assert_eq!(written["retention"]["processed"], "7days");
        assert_eq!(serde_json::from_value::<InboxConfig>(written).unwrap(), config);
    }

    #[test]
    fn every_problem_is_told() {
        let config = InboxConfig {
            accept_batch: 0,
            accept_bytes: 1,
            concurrency: 1,
            work_bytes: 0,
            lease: Duration::ZERO,
            retry_jitter: 2.0,
            retention: InboxRetention { batch: 0, ..InboxRetention::default() },
            ..InboxConfig::default()
        };
        assert_eq!(config.validate().len(), 7, "{:?}", config.validate());
    }

    #[test]
    fn a_setting_that_nobody_knows_is_refused() {
        assert!(serde_json::from_str::<InboxConfig>(r#"{"concurency": 1}"#).is_err());
    }
}
