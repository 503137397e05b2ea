//! Telling what is new from what was seen.
//!
//! Ids are in the order of time, but what is committed late has an id from before what was committed
//! already. So each look begins a little before the newest that was seen, and what it finds again is
//! left out.

use std::collections::HashSet;
use std::time::Duration;

use postrider_domain::{Timestamp, first_id, time_of};
use uuid::Uuid;

/// How much later than others made at the same time something may be committed, and how far the clocks
/// of processes may be apart, without being missed.
const OVERLAP: Duration = Duration::from_secs(3);
/// How far the first look goes back.
const LOOK_BACK: Duration = Duration::from_mins(1);

/// What was seen of one kind.
pub(super) struct Window {
    newest: Timestamp,
    seen: HashSet<Uuid>,
}

impl Window {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { newest: now - LOOK_BACK, seen: HashSet::new() }
    }

    /// Where the next look begins. Not after what others may still commit, even if a clock that is
    /// ahead has made what was seen last.
    pub(super) fn first(&self, now: Timestamp) -> Uuid {
        first_id(self.newest.min(now) - OVERLAP)
    }

    /// Those of what was found, the newest first, that were not seen before; the oldest first.
    pub(super) fn unseen<T>(
        &mut self,
        found: Vec<T>,
        id: impl Fn(&T) -> Uuid,
        now: Timestamp,
    ) -> Vec<T> {
        if let Some(newest) = found.first() {
            self.newest = self.newest.max(time_of(id(newest)));
        }
        let first = self.first(now);
        let mut unseen: Vec<_> =
            found.into_iter().filter(|item| self.seen.insert(id(item))).collect();
        unseen.reverse();
        self.seen.retain(|id| *id >= first);
        unseen
    }
}
