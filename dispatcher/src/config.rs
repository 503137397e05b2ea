//! Settings of the dispatcher.

mod keeping;

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use keeping::{HoldConfig, ReleaseConfig, RetentionConfig};

/// The `[dispatcher]` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DispatcherConfig {
    /// Where `/metrics`, `/healthz` and `/readyz` are served.
    pub listen: SocketAddr,
    /// The most events that become deliveries in one statement.
    pub batch: usize,
    /// How many such statements may be under way at a time.
    pub concurrency: usize,
    /// How often the scheduler looks for due work. A retry is late by this much at the most.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// The most deliveries or events the scheduler takes at a time.
    pub due_batch: u32,
    /// When a delivery whose message was lost is published again. Tests shorten it.
    #[serde(with = "humantime_serde")]
    pub rescue_after: Duration,
    /// When an event that was not dispatched is published again.
    #[serde(with = "humantime_serde")]
    pub event_rescue_after: Duration,
    /// How often the backlog is counted for the metrics.
    #[serde(with = "humantime_serde")]
    pub backlog_interval: Duration,
    /// How far ahead room for new records is made (Postgres: daily partitions).
    #[serde(with = "humantime_serde")]
    pub storage_ahead: Duration,
    /// How fast what was held is let go.
    pub release: ReleaseConfig,
    /// How much may be held.
    pub hold: HoldConfig,
    /// How long records are kept.
    pub retention: RetentionConfig,
}

impl Default for DispatcherConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            batch: 200,
            concurrency: 2,
            poll_interval: Duration::from_millis(500),
            due_batch: 500,
            rescue_after: Duration::from_mins(1),
            event_rescue_after: Duration::from_secs(10),
            backlog_interval: Duration::from_secs(5),
            storage_ahead: Duration::from_hours(7 * 24),
            release: ReleaseConfig::default(),
            hold: HoldConfig::default(),
            retention: RetentionConfig::default(),
        }
    }
}

impl DispatcherConfig {
    /// Every problem of these settings, in words.
    pub fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=500).contains(&self.batch) {
            problems.push("`batch` must be 1 to 500".into());
        }
        if !(1..=10_000).contains(&self.due_batch) {
            problems.push("`due_batch` must be 1 to 10000".into());
        }
        if self.concurrency == 0 {
            problems.push("`concurrency` must be at least 1".into());
        }
        let times = [
            ("poll_interval", self.poll_interval),
            ("rescue_after", self.rescue_after),
            ("event_rescue_after", self.event_rescue_after),
            ("backlog_interval", self.backlog_interval),
        ];
        for (name, time) in times {
            if time.is_zero() {
                problems.push(format!("`{name}` must be longer than zero"));
            }
        }
        problems.extend(self.release.validate());
        problems.extend(self.hold.validate());
        problems.extend(self.retention.validate());
        if self.hold.max_age >= self.retention.dead {
            problems.push("`hold.max_age` must be shorter than `retention.dead`".into());
        }
        problems
    }

    /// How many event messages are taken before any is acknowledged.
    pub fn prefetch(&self) -> u16 {
        u16::try_from(self.batch * (self.concurrency + 1)).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told() {
        assert!(DispatcherConfig::default().validate().is_empty());
        let config = DispatcherConfig {
            batch: 0,
            poll_interval: Duration::ZERO,
            ..DispatcherConfig::default()
        };
        assert_eq!(config.validate().len(), 2);
    }

    #[test]
    fn what_was_held_as_long_as_it_may_is_not_too_old_to_be_kept() {
        let mut config = DispatcherConfig::default();
        config.hold.max_age = config.retention.dead;
        let problems = config.validate();
        assert_eq!(problems, ["`hold.max_age` must be shorter than `retention.dead`"]);
    }
}
