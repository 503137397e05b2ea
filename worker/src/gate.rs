//! Who may call a receiver now: the rule of the places that a registration has in this worker.
//!
//! A registration has a number of places, and each request takes one. Whoever finds all of them taken
//! may stand in line, but a line takes up slots that belong to everybody, so it is no longer than what
//! the receiver works off in a moment, and there is none at a receiver that hangs. A moment is the
//! *patience*: short at a receiver that is fast or unknown, twice what a request usually takes at one
//! that is slower ([`Pace`]).
//!
//! - for one patience after the places have run out, anybody may stand in line: nothing is known yet;
//! - after that the line is at most [`PATIENCES`] times as long as the number of requests that ended
//!   within a patience. A fast receiver has room for everybody, a slow one for a few, so that a place
//!   never stays empty, and the rest is parked in the store;
//! - before a receiver that is known to be slow there is never a line of more than half of the slots
//!   that nobody uses, so that many of them together leave some;
//! - when no request has ended for a patience, the registration is *stalled*: everybody leaves the line,
//!   and nobody joins it until a request ends well. One that ran into its time-out frees its place and
//!   tells nothing good, so it does not count.
//!
//! So a receiver that hangs has its places, and what arrives within one patience for as long.

mod pace;

use std::time::Duration;

use tokio::time::Instant;

pub(crate) use pace::Pace;

/// How many patiences somebody stands in line at the most.
pub(crate) const PATIENCES: u32 = 3;

/// What a registration may take of a worker at the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// The most requests on their way.
    pub(crate) places: usize,
    /// The slots that nobody uses: neither a request nor anybody in a line.
    pub(crate) unused: usize,
}

/// What is to be done with a delivery that wants a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It has one.
    Go,
    /// It stands in line.
    Wait,
    /// It is parked.
    Park,
}

/// The places of one registration.
#[derive(Debug)]
pub(crate) struct Gate {
    places: usize,
    pace: Pace,
    in_flight: usize,
    waiting: usize,
    stalled: bool,
    full: bool,
    /// When a request last ended well, or the places ran out.
    moved_at: Instant,
    /// When the places ran out.
    full_since: Instant,
}

impl Gate {
    /// `pace` is what is known of the receiver from before.
    pub(crate) fn new(pace: Pace, now: Instant) -> Self {
        Self {
            places: 0,
            pace,
            in_flight: 0,
            waiting: 0,
            stalled: false,
            full: false,
            moved_at: now,
            full_since: now,
        }
    }

    /// Somebody wants a place. How many there are changes with what others take.
    pub(crate) fn enter(&mut self, room: Room, now: Instant) -> Admission {
        self.allow(room.places, now);
        if self.in_flight < self.places {
            self.take(now);
            Admission::Go
        } else if self.is_closed(room, now) {
            Admission::Park
        } else {
            self.waiting += 1;
            Admission::Wait
        }
    }

    /// A probe goes whatever there is: there is only one.
    pub(crate) fn enter_as_probe(&mut self, now: Instant) {
        self.take(now);
    }

    fn take(&mut self, now: Instant) {
        self.in_flight += 1;
        self.allow(self.places, now);
    }

    /// There are so many places from now on.
    pub(crate) fn allow(&mut self, places: usize, now: Instant) {
        self.places = places;
        let full = self.in_flight >= places;
        // As long as somebody stands in line, the places had run out before.
        if full && !self.full && self.waiting == 0 {
            self.full_since = now;
            if !self.stalled {
                self.moved_at = now;
            }
        }
        self.full = full;
    }

    /// A request ended after `took`, if it ended well: that is anything but one that took all its time.
    pub(crate) fn leave(&mut self, took: Option<Duration>, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(took) = took {
            self.stalled = false;
            self.moved_at = now;
            self.pace.saw(took, now);
        }
    }

    /// Whether the next in line may go: [`Gate::let_in`], or [`Gate::give_up`] if there is nobody.
    pub(crate) fn has_turn(&self) -> bool {
        self.in_flight < self.places && self.waiting > 0
    }

    /// The next in line has a place. All of them were taken until now, and are again.
    pub(crate) fn let_in(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        self.in_flight += 1;
    }

    /// Somebody who stands in line since `since` asks whether to go on: until when, before asking
    /// again. `None` ends the wait.
    pub(crate) fn waits_until(&mut self, since: Instant, now: Instant) -> Option<Instant> {
        let patience = self.pace.patience();
        if now >= self.moved_at + patience {
            self.stalled = true;
        }
        let until = (self.moved_at + patience).min(since + patience * PATIENCES);
        (!self.stalled && now < until).then_some(until)
    }

    /// Somebody left the line.
    pub(crate) fn give_up(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Whether whoever comes now is parked.
    pub(crate) fn is_busy(&mut self, room: Room, now: Instant) -> bool {
        self.in_flight >= room.places && self.is_closed(room, now)
    }

    /// How many requests are on their way.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many stand in line.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// What is known of the receiver.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Whether the receiver hangs, as far as is known.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled
    }

    /// Whether nothing of it needs to be remembered.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight == 0 && self.waiting == 0
    }

    /// Whether nobody may join the line.
    fn is_closed(&mut self, room: Room, now: Instant) -> bool {
        if self.stalled || self.pace.is_slow() && self.waiting >= room.unused {
            return true;
        }
        let unknown = now < self.full_since + self.pace.patience();
        let line = PATIENCES as usize * self.pace.ended_lately(now);
        !unknown && self.waiting >= line
    }
}

#[cfg(test)]
mod tests;
