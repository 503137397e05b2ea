//! Places for the webhooks of one URL among the slots, so that slow handlers keep nobody else waiting.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use postrider_domain::{Clock, ReceiverAddress, Timestamp};
use tokio::sync::Notify;
use tokio::time::timeout;

/// The shortest time that a webhook is put off.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest one: by then the handlers may be quick again.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The places of a processor.
pub(super) struct Places {
    slots: usize,
    patience: Duration,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Default)]
struct State {
    taken: usize,
    of: HashMap<ReceiverAddress, Share>,
}

/// What is known of one URL. There are as many as are configured.
struct Share {
    taken: usize,
    /// Somebody waited in vain, and no place has come free since.
    stalled: bool,
    /// How long a place is used, lately.
    typical: Duration,
    /// When there should be room for one that is put off now.
    room_at: Timestamp,
}

/// The right to run the handlers of one webhook. It ends when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    address: ReceiverAddress,
    since: Timestamp,
}

impl Places {
    pub(super) fn new(slots: usize, patience: Duration, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { slots, patience, clock, state: Mutex::default(), freed: Notify::new() })
    }

    /// Waits a moment for a place. When none comes free: when there should be room.
    pub(super) async fn enter(
        self: &Arc<Self>,
        address: &ReceiverAddress,
    ) -> Result<Place, Timestamp> {
        if let Some(place) = self.try_enter(address) {
            return Ok(place);
        }
        if !self.state().share(address).stalled
            && let Ok(place) = timeout(self.patience, self.wait(address)).await
        {
            return Ok(place);
        }
        Err(self.put_off(address))
    }

    async fn wait(self: &Arc<Self>, address: &ReceiverAddress) -> Place {
        loop {
            // Interest is registered before looking, so that nothing is missed in between.
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            if let Some(place) = self.try_enter(address) {
                return place;
            }
            freed.await;
        }
    }

    fn try_enter(self: &Arc<Self>, address: &ReceiverAddress) -> Option<Place> {
        let mut state = self.state();
        let all = state.taken;
        let share = state.share(address);
        if share.taken >= allowed(self.slots, all - share.taken) {
            return None;
        }
        share.taken += 1;
        state.taken += 1;
        let since = self.clock.now();
        Some(Place { places: Arc::clone(self), address: address.clone(), since })
    }

    /// Gives those that are put off their turns one after the other, as fast as places come free.
    fn put_off(&self, address: &ReceiverAddress) -> Timestamp {
        let now = self.clock.now();
        let mut state = self.state();
        let share = state.share(address);
        share.stalled = true;
        let turn = share.typical / u32::try_from(share.taken.max(1)).unwrap_or(u32::MAX);
        share.room_at = (share.room_at + turn).clamp(now + SHORTEST_PAUSE, now + LONGEST_PAUSE);
        share.room_at
    }

    fn leave(&self, place: &Place) {
        let took = self.clock.now().since(place.since);
        let mut state = self.state();
        state.taken -= 1;
        let share = state.share(&place.address);
        share.taken -= 1;
        share.stalled = false;
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
            stalled: false,
            typical: SHORTEST_PAUSE,
            room_at: Timestamp::EPOCH,
        })
    }
}

/// Half of what the others leave, and one at least: whoever comes finds a slot.
fn allowed(slots: usize, taken_by_others: usize) -> usize {
    (slots.saturating_sub(taken_by_others) / 2).max(1)
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.leave(self);
    }
}

#[cfg(test)]
mod tests {
    use postrider_testkit::clock::MockClock;

    use super::*;

    fn places(slots: usize) -> (Arc<Places>, Arc<MockClock>) {
        let clock = Arc::new(MockClock::new(Timestamp::from_micros(0)));
        (Places::new(slots, Duration::from_millis(1), Arc::clone(&clock) as _), clock)
    }

    fn address(name: &str) -> ReceiverAddress {
        ReceiverAddress::new(name, "")
    }

    fn taken(places: &Arc<Places>, name: &str) -> Vec<Place> {
        std::iter::from_fn(|| places.try_enter(&address(name))).collect()
    }

    #[test]
    fn one_address_has_half_of_the_slots_and_the_next_one_half_of_the_rest() {
        let (places, _) = places(64);
        let one = taken(&places, "one");
        assert_eq!(one.len(), 32);
        let two = taken(&places, "two");
        assert_eq!(two.len(), 16);
        assert_eq!(taken(&places, "three").len(), 8);
        drop((one, two));
        assert_eq!(taken(&places, "two").len(), 32);
    }

    #[test]
    fn the_smallest_share_is_one_slot() {
        let (places, _) = places(1);
        assert_eq!(taken(&places, "one").len(), 1);
    }

    #[tokio::test]
    async fn whoever_waits_has_the_place_that_comes_free() {
        let (places, _) = places(2);
        let first = places.enter(&address("one")).await.unwrap();
        let patient = Arc::clone(&places);
        let waiting = async move { patient.wait(&address("one")).await };
        let (_second, ()) = tokio::join!(waiting, async { drop(first) });
        assert!(places.try_enter(&address("one")).is_none());
    }

    #[tokio::test]
    async fn those_that_are_put_off_come_one_after_the_other_and_no_later_than_in_a_minute() {
        let (places, clock) = places(8);
        // A place is used for 40 s here.
        for _ in 0..20 {
            let place = places.enter(&address("one")).await.unwrap();
            clock.advance(Duration::from_secs(40));
            drop(place);
        }
        let _hold = taken(&places, "one");
        let mut until = Vec::new();
        for _ in 0..20 {
            until.push(places.enter(&address("one")).await.err().unwrap().since(clock.now()));
        }
        assert_eq!(until[0], SHORTEST_PAUSE);
        assert!(until.is_sorted());
        let step = until[2].as_secs_f64() - until[1].as_secs_f64();
        assert!((9.0..=10.0).contains(&step), "four places of 40 s each: {step}");
        assert_eq!(until[19], LONGEST_PAUSE);
    }
}
