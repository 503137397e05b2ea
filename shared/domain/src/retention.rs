//! How long things are kept.

use std::time::Duration;

/// How long records are kept. What is removed is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Events, attempts, and deliveries, from when they were delivered.
    pub history: Duration,
    /// Deliveries, from when they were given up, with their events and attempts. Not shorter than
    /// `history`.
    pub dead: Duration,
    /// Entries of the audit log.
    pub audit: Duration,
    /// What makes repeated requests harmless, and replays that have ended.
    pub keys: Duration,
}

impl Default for RetentionPolicy {
    /// 30 days; 90 days; 400 days; 7 days.
    fn default() -> Self {
        let days = |days: u64| Duration::from_hours(24 * days);
        Self { history: days(30), dead: days(90), audit: days(400), keys: days(7) }
    }
}

/// What one turn of retention removed. Partitions count as one, with the rows in them not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Partitions of events and attempts.
    pub partitions: u64,
    /// Events.
    pub events: u64,
    /// Deliveries.
    pub deliveries: u64,
    /// Attempts.
    pub attempts: u64,
    /// Keys, tokens that ran out, ended permissions and ended replays.
    pub keys: u64,
    /// Entries of the audit log.
    pub audit: u64,
    /// Whether a limit was reached, so that there is more to remove.
    pub more: bool,
}

/// How much may be held for one registration. What is above it is given up, the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldPolicy {
    /// The longest that a delivery is held.
    pub max_age: Duration,
    /// The most that are held.
    pub max_count: u32,
    /// How often at the most an owner is told that what is held is given up.
    pub tell_every: Duration,
}

impl Default for HoldPolicy {
    /// 30 days, 2 million, once an hour.
    fn default() -> Self {
        Self {
            max_age: Duration::from_hours(30 * 24),
            max_count: 2_000_000,
            tell_every: Duration::from_hours(1),
        }
    }
}
