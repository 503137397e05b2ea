use postrider_testkit::clock::MockClock;

use super::*;

const BYTES: usize = 1_000;

fn places(slots: usize) -> (Arc<Places>, Arc<MockClock>) {
    let clock = Arc::new(MockClock::new(Timestamp::from_micros(0)));
    (Places::new(slots, BYTES, Duration::from_millis(1), Arc::clone(&clock) as _), clock)
}

fn address(name: &str) -> ReceiverAddress {
    ReceiverAddress::new(name, "")
}

/// As many places as there are for bodies of this size.
fn taken_with(places: &Arc<Places>, name: &str, bytes: u64) -> Vec<Place> {
    std::iter::from_fn(|| places.try_enter(&address(name), bytes)).collect()
}

fn taken(places: &Arc<Places>, name: &str) -> Vec<Place> {
    taken_with(places, name, 0)
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

#[test]
fn the_bodies_of_one_address_have_half_of_the_bytes_and_the_next_one_half_of_the_rest() {
    let (places, _) = places(64);
    let one = taken_with(&places, "one", 100);
    assert_eq!(one.len(), 5);
    let two = taken_with(&places, "two", 100);
    assert_eq!(two.len(), 2);
    // Small ones find room still, as far as there are slots.
    assert_eq!(taken_with(&places, "three", 1).len(), 28);
    drop((one, two));
    assert_eq!(taken_with(&places, "two", 100).len(), 5);
}

#[tokio::test]
async fn a_body_of_any_size_fits_when_it_is_alone_and_leaves_room_for_others() {
    let (places, _) = places(64);
    let large = places.enter(&address("one"), u64::MAX).await.unwrap();
    assert!(places.enter(&address("one"), 1).await.is_err());
    assert!(places.enter(&address("two"), u64::MAX).await.is_err());
    assert!(places.enter(&address("two"), 100).await.is_ok());
    drop(large);
    assert!(places.enter(&address("two"), u64::MAX).await.is_ok());
}

#[tokio::test]
async fn whoever_waits_has_the_place_that_comes_free() {
    let (places, _) = places(2);
    let first = places.enter(&address("one"), 0).await.unwrap();
    let patient = Arc::clone(&places);
    let waiting = async move { patient.wait(&address("one"), 0).await };
    let (_second, ()) = tokio::join!(waiting, async { drop(first) });
    assert!(places.try_enter(&address("one"), 0).is_none());
}

/// How long so many that come at once are put off.
async fn pauses(places: &Arc<Places>, clock: &MockClock, count: usize) -> Vec<Duration> {
    let mut pauses = Vec::new();
    for _ in 0..count {
        pauses.push(places.enter(&address("one"), 0).await.err().unwrap().since(clock.now()));
    }
    pauses
}

#[tokio::test]
async fn those_that_are_put_off_come_one_after_the_other_and_no_later_than_in_a_quarter_of_an_hour()
{
    let (places, clock) = places(8);
    // A place is used for 40 s here.
    for _ in 0..40 {
        let place = places.enter(&address("one"), 0).await.unwrap();
        clock.advance(Duration::from_secs(40));
        drop(place);
    }
    let _hold = taken(&places, "one");
    let until = pauses(&places, &clock, 100).await;
    assert!(until.is_sorted());
    let step = until[2].as_secs_f64() - until[1].as_secs_f64();
    assert!((9.9..=10.0).contains(&step), "four places of 40 s each: {step}");
    assert_eq!(until[99], LONGEST_PAUSE);

    // When all of these have had their turn, nobody is before the next one.
    clock.advance(LONGEST_PAUSE);
    places.state().share(&address("one")).stalled = None;
    assert_eq!(pauses(&places, &clock, 1).await, until[..1]);
}

#[tokio::test]
async fn the_longer_no_place_comes_free_the_longer_is_the_pause() {
    let (places, clock) = places(8);
    let _hold = taken(&places, "one");
    assert_eq!(pauses(&places, &clock, 1).await, [SHORTEST_PAUSE]);
    clock.advance(Duration::from_mins(4));
    assert_eq!(pauses(&places, &clock, 1).await, [Duration::from_mins(1)]);
}
