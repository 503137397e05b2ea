//! Replays: sending again what was settled, as a job.

pub mod pace;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::attempt::text_enum;
use crate::delivery::DeadReason;
use crate::{EventType, FilterName, Invalid, RegistrationId, ReplayId, Timestamp, UserId};

text_enum! {
    /// Where a replay stands.
    ReplayState {
        /// It goes on.
        Running = "running",
        /// Everything that matched was sent again.
        Done = "done",
        /// Somebody stopped it.
        Cancelled = "cancelled",
    }
}

/// Which deliveries of a registration are sent again. Those that were made after the replay was never
/// are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplayQuery {
    /// Those that were given up.
    pub dead: bool,
    /// Those that were delivered.
    pub delivered: bool,
    /// Of those that were given up only these reasons; none is every reason.
    pub reasons: BTreeSet<String>,
    /// Only of events of this filter.
    pub filter: Option<FilterName>,
    /// Only of events of this type.
    pub event_type: Option<EventType>,
    /// Only of events accepted at this time or later.
    pub from: Option<Timestamp>,
    /// Only of events accepted before this time.
    pub to: Option<Timestamp>,
}

impl ReplayQuery {
    /// Checks the members together.
    ///
    /// # Errors
    /// When no state is asked for, a reason is none, or the range is empty.
    pub fn validate(&self) -> Result<(), Invalid> {
        if !self.dead && !self.delivered {
            return Err(Invalid::new(
                "a replay is of deliveries that are dead, delivered, or both",
            ));
        }
        for reason in &self.reasons {
            reason.parse::<DeadReason>()?;
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            return Err(Invalid::new("`from` must be before `to`"));
        }
        Ok(())
    }
}

/// A count that stops somewhere, so that counting stays cheap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BoundedCount {
    /// How many were counted.
    pub count: u64,
    /// Whether there may be more.
    pub more: bool,
}

impl BoundedCount {
    /// Makes it of a count that may be one above the limit.
    pub fn of(counted: u64, limit: u64) -> Self {
        Self { count: counted.min(limit), more: counted > limit }
    }
}

/// Sending again what was settled, as a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// The only registration that gets it.
    pub registration: RegistrationId,
    /// Who asked for it.
    pub created_by: UserId,
    /// Which deliveries.
    pub query: ReplayQuery,
    /// How many a second at the most.
    pub pace: u32,
    /// Where it stands.
    pub state: ReplayState,
    /// How many there were when it was made.
    pub matched: BoundedCount,
    /// How many were sent again by now.
    pub replayed: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Replay {
    /// How many deliveries are looked at to count those that match.
    pub const COUNT_LIMIT: u64 = 100_000;
    /// The fastest pace, in deliveries a second.
    pub const MAX_PACE: u32 = 10_000;
    /// The pace when nobody says.
    pub const DEFAULT_PACE: u32 = 50;
}
