//! Places for the webhooks of one URL among the slots, and room for their bodies, so that slow handlers
//! keep nobody else waiting.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postrider_domain::{Clock, ReceiverAddress, Timestamp};
use tokio::sync::Notify;
use tokio::time::timeout;

/// The shortest time that a webhook is put off.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest one: by then the handlers may be quick again.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// The most turns that are remembered for a URL: with so many the pause is the longest one anyway.
const MOST_TURNS: usize = 100_000;

/// The places of a processor.
pub(super) struct Places {
    slots: usize,
    bytes: u64,
    patience: Duration,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Default)]
struct State {
    taken: usize,
    bytes: u64,
    of: HashMap<ReceiverAddress, Share>,
}

/// What is known of one URL. There are as many as are configured.
struct Share {
    taken: usize,
    bytes: u64,
    /// Since when somebody waited in vain, and no place has come free.
    stalled: Option<Timestamp>,
    /// How long a place is used, lately.
    typical: Duration,
    /// When those that were put off come again.
    turns: BinaryHeap<Reverse<Timestamp>>,
}

/// The right to run the handlers of one webhook. It ends when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    address: ReceiverAddress,
    bytes: u64,
    since: Timestamp,
}

impl Places {
    /// Places for so many webhooks, whose bodies have so many bytes together.
    pub(super) fn new(
        slots: usize,
        bytes: usize,
        patience: Duration,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let (bytes, state, freed) = (bytes as u64, Mutex::default(), Notify::new());
        Arc::new(Self { slots, bytes, patience, clock, state, freed })
    }

    /// Waits a moment for a place for a body of `bytes`. When none comes free: when there should be room.
    pub(super) async fn enter(
        self: &Arc<Self>,
        address: &ReceiverAddress,
        bytes: u64,
    ) -> Result<Place, Timestamp> {
        // So that the largest one fits when nobody else is there, and leaves room for others.
        let bytes = bytes.min(self.bytes / 2);
        if let Some(place) = self.try_enter(address, bytes) {
            return Ok(place);
        }
        if self.state().share(address).stalled.is_none()
            && let Ok(place) = timeout(self.patience, self.wait(address, bytes)).await
        {
            return Ok(place);
        }
        Err(self.put_off(address))
    }

    async fn wait(self: &Arc<Self>, address: &ReceiverAddress, bytes: u64) -> Place {
        loop {
            // Interest is registered before looking, so that nothing is missed in between.
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if let Some(place) = self.try_enter(address, bytes) {
                return place;
            }
            freed.await;
        }
    }

    fn try_enter(self: &Arc<Self>, address: &ReceiverAddress, bytes: u64) -> Option<Place> {
        let mut state = self.state();
        let (all, all_bytes) = (state.taken, state.bytes);
        let share = state.share(address);
        let room = self.bytes.saturating_sub(all_bytes - share.bytes) / 2;
        if share.taken >= allowed(self.slots, all - share.taken) || share.bytes + bytes > room {
            return None;
        }
        share.taken += 1;
        share.bytes += bytes;
        state.taken += 1;
        state.bytes += bytes;
        let since = self.clock.now();
        Some(Place { places: Arc::clone(self), address: address.clone(), bytes, since })
    }

    /// Gives those that are put off their turns one after the other, as fast as places come free: the
    /// more wait, and the longer none has come free, the longer is the pause.
    fn put_off(&self, address: &ReceiverAddress) -> Timestamp {
        let now = self.clock.now();
        let mut state = self.state();
        let share = state.share(address);
        while share.turns.peek().is_some_and(|Reverse(turn)| *turn <= now) {
            share.turns.pop();
        }
        let stalled = *share.stalled.get_or_insert(now);
        let one = share.typical.max(now.since(stalled)) / count(share.taken.max(1));
        let pause = one.saturating_mul(count(share.turns.len() + 1));
        let turn = now + pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        if share.turns.len() < MOST_TURNS {
            share.turns.push(Reverse(turn));
        }
        turn
    }

    fn leave(&self, place: &Place) {
        let took = self.clock.now().since(place.since);
        let mut state = self.state();
        state.taken -= 1;
        state.bytes -= place.bytes;
        let share = state.share(&place.address);
        share.taken -= 1;
        share.bytes -= place.bytes;
        share.stalled = None;
        share.typical = (share.typical * 3 + took) / 4;
        drop(state);
        self.freed.notify_waiters();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn share(&mut self, address: &ReceiverAddress) -> &mut Share {
        self.of.entry(address.clone()).or_insert_with(|| Share {
            taken: 0,
            bytes: 0,
            stalled: None,
            typical: SHORTEST_PAUSE,
            turns: BinaryHeap::new(),
        })
    }
}

/// Half of what the others leave, and one at least: whoever comes finds a slot.
fn allowed(slots: usize, taken_by_others: usize) -> usize {
    (slots.saturating_sub(taken_by_others) / 2).max(1)
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.leave(self);
    }
}

#[cfg(test)]
mod tests;
