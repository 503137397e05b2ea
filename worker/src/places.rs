//! The places of all registrations, and the lines before them.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry as Slot, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use postrider_domain::RegistrationId;
use prometheus::IntGauge;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::gate::{Admission, Gate, Pace, Room};

/// The registrations whose speed is remembered while nothing goes to them.
const MAX_KNOWN: u64 = 10_000;
/// How long it is remembered.
const KNOWN_FOR: Duration = Duration::from_hours(1);
/// A registration has one of so many parts of the slots that the others' requests leave: however many
/// receivers are slow, the next one finds slots free.
const SHARE: usize = 4;

/// How many there are of what places are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The slots of the worker.
    pub(crate) slots: usize,
    /// The places of a registration that has no number of its own; bounds the others' numbers.
    pub(crate) cap: usize,
    /// How long anybody waits at a receiver of which nothing is known.
    pub(crate) patience: Duration,
}

/// The places of all registrations that have requests on their way. What is idle is forgotten, so
/// there are never more than there are slots.
pub(crate) struct Places {
    lines: Mutex<Lines>,
    limits: Limits,
    /// How long a request usually takes at receivers that are idle now.
    known: Cache<RegistrationId, Duration>,
    /// How many receivers hang.
    stalled: IntGauge,
}

#[derive(Default)]
struct Lines {
    of: HashMap<RegistrationId, Line>,
    taken: Taken,
}

/// What all registrations together have of the slots.
#[derive(Default, Clone, Copy)]
struct Taken {
    in_flight: usize,
    waiting: usize,
}

struct Line {
    gate: Gate,
    /// The most places that it may have.
    cap: usize,
    waiting: VecDeque<oneshot::Sender<Place>>,
}

/// A request may be on its way. Dropped, the place is free and nothing is learnt from it.
pub(crate) struct Place {
    /// `None` once the place is somebody else's.
    places: Option<Arc<Places>>,
    registration: RegistrationId,
    since: Instant,
    ended_well: bool,
}

impl Place {
    /// The request ended; `well` is anything but one that took all its time.
    pub(crate) fn end(mut self, well: bool) {
        self.ended_well = well;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(places) = self.places.take() {
            let now = Instant::now();
            let took = self.ended_well.then(|| now - self.since);
            places.leave(self.registration, took, now);
        }
    }
}

impl Places {
    pub(crate) fn new(limits: Limits, stalled: IntGauge) -> Arc<Self> {
        let known = Cache::builder().max_capacity(MAX_KNOWN).time_to_idle(KNOWN_FOR).build();
        Arc::new(Self { lines: Mutex::default(), limits, known, stalled })
    }

    /// A place for a request, after a short wait if need be. `None`: the delivery is to be parked.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        registration: RegistrationId,
        max_in_flight: Option<u16>,
    ) -> Option<Place> {
        let since = Instant::now();
        let (place, mut turn) = oneshot::channel();
        match self.with(registration, since, |line, taken| {
            line.cap = max_in_flight.map_or(self.limits.cap, |own| self.limits.cap.min(own.into()));
            let admission = line.gate.enter(line.room(taken, self.limits.slots), since);
            if admission == Admission::Wait {
                line.waiting.push_back(place);
            }
            admission
        }) {
            Admission::Go => return Some(self.place(registration, since)),
            Admission::Park => return None,
            Admission::Wait => {}
        }
        let mut until = since + self.limits.patience;
        loop {
            if let Ok(place) = timeout_at(until, &mut turn).await {
                return place.ok();
            }
            match self.go_on(registration, since, &mut turn) {
                GoOn::Until(later) => until = later,
                GoOn::With(place) => return Some(place),
                GoOn::No => return None,
            }
        }
    }

    /// A place for a probe, which goes whatever there is.
    pub(crate) fn enter_as_probe(self: &Arc<Self>, registration: RegistrationId) -> Place {
        let now = Instant::now();
        self.with(registration, now, |line, _| line.gate.enter_as_probe(now));
        self.place(registration, now)
    }

    /// The registrations whose deliveries would be parked now: they need not be claimed.
    pub(crate) fn busy(&self) -> Vec<RegistrationId> {
        let now = Instant::now();
        let mut lines = self.lock();
        let Lines { of, taken } = &mut *lines;
        let busy = of.iter_mut().filter_map(|(id, line)| {
            let room = line.room(*taken, self.limits.slots);
            line.gate.is_busy(room, now).then_some(*id)
        });
        busy.collect()
    }

    /// Whether somebody who stands in line since `since` goes on standing there.
    fn go_on(
        &self,
        registration: RegistrationId,
        since: Instant,
        turn: &mut oneshot::Receiver<Place>,
    ) -> GoOn {
        let now = Instant::now();
        self.with(registration, now, |line, _| {
            // Places are handed on under the same lock, so one that has come is seen here.
            if let Ok(place) = turn.try_recv() {
                return GoOn::With(place);
            }
            if let Some(until) = line.gate.waits_until(since, now) {
                return GoOn::Until(until);
            }
            turn.close();
            line.waiting.retain(|waiting| !waiting.is_closed());
            line.gate.give_up();
            GoOn::No
        })
    }

    fn leave(self: Arc<Self>, registration: RegistrationId, took: Option<Duration>, now: Instant) {
        self.with(registration, now, |line, taken| {
            let room = line.room(taken, self.limits.slots);
            line.gate.leave(took, now);
            line.gate.allow(room.places, now);
            while line.gate.has_turn() {
                let next = line.waiting.pop_front();
                match next.map(|next| next.send(self.place(registration, now))) {
                    Some(Ok(())) => line.gate.let_in(),
                    // Whoever stood there was cancelled; dropping the place would hand it on twice.
                    Some(Err(mut place)) => {
                        place.places = None;
                        line.gate.give_up();
                    }
                    None => line.gate.give_up(),
                }
            }
        });
    }

    fn place(self: &Arc<Self>, registration: RegistrationId, since: Instant) -> Place {
        Place { places: Some(Arc::clone(self)), registration, since, ended_well: false }
    }

    /// Does something about one registration, counts what it takes and whether it is stalled, and
    /// forgets it if it is idle. `change` is told what all had before.
    fn with<T>(
        &self,
        registration: RegistrationId,
        now: Instant,
        change: impl FnOnce(&mut Line, Taken) -> T,
    ) -> T {
        let mut lines = self.lock();
        let Lines { of, taken } = &mut *lines;
        let mut line = match of.entry(registration) {
            Slot::Occupied(line) => line,
            Slot::Vacant(vacant) => vacant.insert_entry(self.line(registration, now)),
        };
        let gate = &line.get().gate;
        let before = gate.is_stalled();
        let others = taken.without(gate);
        let result = change(line.get_mut(), *taken);
        let gate = &line.get().gate;
        *taken = others.with(gate);
        let idle = gate.is_idle();
        let after = gate.is_stalled() && !idle;
        self.stalled.add(i64::from(after) - i64::from(before));
        if idle {
            if let Some(usual) = gate.pace().usual() {
                self.known.insert(registration, usual);
            }
            line.remove();
        }
        result
    }

    fn line(&self, registration: RegistrationId, now: Instant) -> Line {
        let pace = Pace::new(self.limits.patience, self.known.get(&registration), now);
        Line { gate: Gate::new(pace, now), cap: self.limits.cap, waiting: VecDeque::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn without(self, gate: &Gate) -> Self {
        Self {
            in_flight: self.in_flight - gate.in_flight(),
            waiting: self.waiting - gate.waiting(),
        }
    }

    fn with(self, gate: &Gate) -> Self {
        Self {
            in_flight: self.in_flight + gate.in_flight(),
            waiting: self.waiting + gate.waiting(),
        }
    }
}

impl Line {
    /// What it may have of so many slots, when all lines have `taken` of them.
    fn room(&self, taken: Taken, slots: usize) -> Room {
        let left_by_others = slots.saturating_sub(taken.without(&self.gate).in_flight);
        Room {
            places: self.cap.min((left_by_others / SHARE).max(1)),
            unused: slots.saturating_sub(taken.in_flight + taken.waiting),
        }
    }
}

/// What somebody who stands in line does next.
enum GoOn {
    Until(Instant),
    With(Place),
    No,
}

#[cfg(test)]
mod tests;
