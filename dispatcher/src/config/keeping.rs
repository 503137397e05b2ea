//! How fast what is held goes, how much is held, and how long records are kept.

use std::time::Duration;

use postrider_domain::flow::ReleasePolicy;
use postrider_domain::{HoldPolicy, RetentionPolicy};
use serde::{Deserialize, Serialize};

/// The `[dispatcher.release]` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReleaseConfig {
    /// After a resume, how many held deliveries of a registration may be on their way to a worker in
    /// the first second. The number doubles every second while the receiver keeps up.
    pub ramp_first: u32,
    /// The most of them.
    pub ramp_max: u32,
    /// How long the one delivery has that tries whether a failing receiver is back. Longer than
    /// `worker.lease`.
    #[serde(with = "humantime_serde")]
    pub probe_patience: Duration,
}

impl Default for ReleaseConfig {
    fn default() -> Self {
        let ReleasePolicy { ramp_first, ramp_max, probe_patience } = ReleasePolicy::default();
        Self { ramp_first, ramp_max, probe_patience }
    }
}

impl ReleaseConfig {
    pub(super) fn validate(&self) -> Option<String> {
        let fine = (1..=self.ramp_max).contains(&self.ramp_first)
            && self.ramp_max <= 10_000
            && !self.probe_patience.is_zero();
        (!fine).then(|| {
            "`release.ramp_first` must be 1 to `release.ramp_max`, that at most 10000, and `release.probe_patience` longer than zero".into()
        })
    }

    pub(crate) fn policy(&self) -> ReleasePolicy {
        ReleasePolicy {
            ramp_first: self.ramp_first,
            ramp_max: self.ramp_max,
            probe_patience: self.probe_patience,
        }
    }
}

/// The `[dispatcher.hold]` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HoldConfig {
    /// The longest that a delivery is held. An older one is given up, visibly.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
    /// The most deliveries that are held for one registration; the oldest of more are given up.
    pub max_count: u32,
    /// How often that is looked at.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
}

impl Default for HoldConfig {
    fn default() -> Self {
        let HoldPolicy { max_age, max_count, .. } = HoldPolicy::default();
        Self { max_age, max_count, interval: Duration::from_mins(1) }
    }
}

impl HoldConfig {
    pub(super) fn validate(&self) -> Option<String> {
        let fine = !self.max_age.is_zero() && self.max_count > 0 && !self.interval.is_zero();
        (!fine).then(|| {
            "`hold.max_age`, `hold.max_count` and `hold.interval` must be more than zero".into()
        })
    }

    pub(crate) fn policy(&self) -> HoldPolicy {
        HoldPolicy { max_age: self.max_age, max_count: self.max_count, ..HoldPolicy::default() }
    }
}

/// The `[dispatcher.retention]` section.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// How long events, attempts and what was delivered are kept.
    #[serde(with = "humantime_serde")]
    pub history: Duration,
    /// How long deliveries that were given up are kept, with their events and attempts.
    #[serde(with = "humantime_serde")]
    pub dead: Duration,
    /// How long the audit log is kept.
    #[serde(with = "humantime_serde")]
    pub audit: Duration,
    /// How long idempotency keys and ended replays are kept.
    #[serde(with = "humantime_serde")]
    pub keys: Duration,
    /// How often old records are removed.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// The most rows of a kind that are removed in one go.
    pub batch: u32,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        let RetentionPolicy { history, dead, audit, keys } = RetentionPolicy::default();
        Self { history, dead, audit, keys, interval: Duration::from_mins(10), batch: 5_000 }
    }
}

impl RetentionConfig {
    /// Less than a day would remove what is still being worked on.
    const SHORTEST: Duration = Duration::from_hours(24);

    pub(super) fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let kept = [self.history, self.dead, self.audit, self.keys];
        if kept.iter().any(|kept| *kept < Self::SHORTEST) {
            problems.push("what `retention` keeps must be kept for a day at least".into());
        }
        if self.dead < self.history {
            problems.push("`retention.dead` must not be shorter than `retention.history`".into());
        }
        if !(1..=100_000).contains(&self.batch) || self.interval.is_zero() {
            problems.push(
                "`retention.batch` must be 1 to 100000, and `retention.interval` longer than zero"
                    .into(),
            );
        }
        problems
    }

    pub(crate) fn policy(&self) -> RetentionPolicy {
        RetentionPolicy {
            history: self.history,
            dead: self.dead,
            audit: self.audit,
            keys: self.keys,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_domain() {
        assert_eq!(ReleaseConfig::default().policy(), ReleasePolicy::default());
        assert_eq!(HoldConfig::default().policy(), HoldPolicy::default());
        assert_eq!(RetentionConfig::default().policy(), RetentionPolicy::default());
    }

    #[test]
    fn what_would_remove_too_much_is_refused() {
        assert!(RetentionConfig::default().validate().is_empty());
        let hour = Duration::from_hours(1);
        let short = RetentionConfig { history: hour, dead: hour, ..RetentionConfig::default() };
        assert_eq!(short.validate().len(), 1);
        let crossed = RetentionConfig { dead: Duration::from_hours(48), ..Default::default() };
        assert_eq!(crossed.validate().len(), 1);
        assert!(HoldConfig { max_count: 0, ..HoldConfig::default() }.validate().is_some());
        assert!(ReleaseConfig { ramp_first: 0, ..Default::default() }.validate().is_some());
    }
}
