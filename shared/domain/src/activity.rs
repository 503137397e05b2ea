//! What happened, minute by minute: what the roles counted, and what waited.
//!
//! It is for charts, and says nothing about any delivery. What was counted and not yet written when a
//! process is killed is missing from a chart, and from nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::replay::BoundedCount;
use crate::{
    AttemptId, DeliveryId, DeliveryState, EventId, EventType, FailureCause, FilterName,
    RegistrationId, Timestamp, UserId,
};

mod latency;
#[cfg(test)]
mod tests;

pub use latency::{LATENCY_BUCKETS, latency_bounds};

/// How long what happened is remembered: what the longest chart shows, and a day more.
pub const ACTIVITY_KEPT: Duration = Duration::from_hours(48);

/// A minute, as the number of those that passed since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(pub i32);

impl Minute {
    /// The minute that a moment is in.
    pub fn of(at: Timestamp) -> Self {
        Self(i32::try_from(at.as_seconds().div_euclid(60)).unwrap_or(i32::MAX))
    }

    /// When it begins.
    pub fn start(self) -> Timestamp {
        Timestamp::from_micros(i64::from(self.0) * 60_000_000)
    }

    /// The first minute of the stretch of `length` minutes that it is in; stretches are counted from
    /// 1970, so that everybody cuts at the same places.
    #[must_use]
    pub fn floor(self, length: i32) -> Self {
        Self(self.0.div_euclid(length) * length)
    }

    /// The one that comes so many later.
    #[must_use]
    pub fn plus(self, minutes: i32) -> Self {
        Self(self.0.saturating_add(minutes))
    }
}

/// Something that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Series {
    /// Events that were accepted and had not been before (api).
    Events,
    /// Attempts that succeeded (worker).
    Succeeded,
    /// Attempts that failed (worker).
    Failed,
    /// Deliveries that were given up after an attempt (worker).
    Dead,
    /// Deliveries by how long they took, in the bucket of this number (worker); see
    /// [`latency_bounds`].
    Latency(u8),
}

impl Series {
    /// Its name in a store, and the number of its bucket: 0 where there are none.
    pub const fn key(self) -> (&'static str, u8) {
        match self {
            Self::Events => ("events", 0),
            Self::Succeeded => ("succeeded", 0),
            Self::Failed => ("failed", 0),
            Self::Dead => ("dead", 0),
            Self::Latency(bucket) => ("latency", bucket),
        }
    }

    /// The series of this name and bucket; none when another version has written it.
    pub fn from_key(name: &str, bucket: u8) -> Option<Self> {
        Some(match name {
            "events" => Self::Events,
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "dead" => Self::Dead,
            "latency" if usize::from(bucket) < LATENCY_BUCKETS => Self::Latency(bucket),
            _ => return None,
        })
    }
}

/// How much of each series was counted. What nobody counted is not in it, which is not the same as
/// zero. Buckets of latencies are the exception: those that are missing are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Series, u64>);

impl Tally {
    /// Counts `number` more; 0 says that somebody counted and found nothing.
    pub fn count(&mut self, series: Series, number: u64) {
        *self.0.entry(series).or_default() += number;
    }

    /// How much was counted, if anybody did.
    pub fn of(&self, series: Series) -> Option<u64> {
        self.0.get(&series).copied()
    }

    /// Everything that was counted, always in the same order.
    pub fn iter(&self) -> impl Iterator<Item = (Series, u64)> {
        self.0.iter().map(|(series, number)| (*series, *number))
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: &Self) {
        for (series, number) in other.iter() {
            self.count(series, number);
        }
    }

    /// What a count that only grows has grown by since it was `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let grown = self.iter().map(|(series, number)| {
            (series, number.saturating_sub(earlier.of(series).unwrap_or_default()))
        });
        let told =
            |(series, number): &(Series, u64)| *number > 0 || !matches!(series, Series::Latency(_));
        Self(grown.filter(told).collect())
    }

    /// The time that `permille` of the deliveries took at the most; none when there were none. It is off
    /// by a factor of the fourth root of two at the most, within the bounds of [`latency_bounds`].
    pub fn latency(&self, permille: u64) -> Option<Duration> {
        let buckets = self.iter().filter_map(|(series, number)| match series {
            Series::Latency(bucket) => Some((bucket, number)),
            _ => None,
        });
        latency::quantile(&buckets.collect::<Vec<_>>(), permille)
    }
}

impl FromIterator<(Series, u64)> for Tally {
    fn from_iter<I: IntoIterator<Item = (Series, u64)>>(counted: I) -> Self {
        let mut tally = Self::default();
        for (series, number) in counted {
            tally.count(series, number);
        }
        tally
    }
}

/// What waited at a moment. What could not be found out is none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BacklogSample {
    /// When it was looked.
    pub at: Timestamp,
    /// Events that have not been dispatched.
    pub undispatched: Option<BoundedCount>,
    /// Pending deliveries that are wanted by now.
    pub wanted: Option<BoundedCount>,
    /// Pending deliveries that wait for a later time.
    pub waiting: Option<BoundedCount>,
    /// Deliveries that are held, whatever for.
    pub held: Option<BoundedCount>,
    /// Deliveries that were given up, and are still on record.
    pub dead: Option<BoundedCount>,
    /// Registrations whose receiver is left alone because it failed.
    pub open_breakers: Option<BoundedCount>,
    /// Since when the oldest of `wanted` is.
    pub oldest_due_at: Option<Timestamp>,
    /// Messages that wait in each queue, by its name.
    pub queues: BTreeMap<String, Option<u64>>,
}

/// An attempt, as it is told while it is news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptNews {
    /// Its id.
    pub id: AttemptId,
    /// The delivery that it was of.
    pub delivery: DeliveryId,
    /// The registration of the delivery.
    pub registration: RegistrationId,
    /// The owner of the registration; none when it is gone.
    pub owner: Option<UserId>,
    /// The event of the delivery.
    pub event: EventId,
    /// The state that the delivery is in by now.
    pub state: DeliveryState,
    /// When it ended.
    pub at: Timestamp,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub cause: Option<FailureCause>,
}

/// An accepted event, as it is told while it is news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNews {
    /// Its id.
    pub id: EventId,
    /// Its filter.
    pub filter: FilterName,
    /// What happened.
    pub event_type: EventType,
    /// When it was accepted.
    pub at: Timestamp,
}
