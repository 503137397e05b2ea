//! Places and lines, with a clock that runs.

use std::task::Poll;

use prometheus::core::GenericGauge;
use tokio_util::task::TaskTracker;

use super::*;

const PATIENCE: Duration = Duration::from_millis(100);

fn places(cap: usize) -> Arc<Places> {
    let stalled = GenericGauge::new("stalled", "Receivers that hang.").unwrap();
    Places::new(Limits { slots: 512, cap, patience: PATIENCE }, stalled)
}

fn registration(number: u128) -> RegistrationId {
    format!("{number:032x}").parse().unwrap()
}

#[tokio::test]
async fn whoever_stands_in_line_has_the_place_of_the_next_request_that_ends() {
    let places = places(1);
    let first = places.enter(registration(1), None).await.unwrap();
    let waiting = {
        let places = Arc::clone(&places);
        TaskTracker::new().spawn(async move { places.enter(registration(1), None).await })
    };
    while places.lock().of[&registration(1)].waiting.is_empty() {
        tokio::task::yield_now().await;
    }
    first.end(true);
    let second = waiting.await.unwrap().expect("a place came free");
    assert_eq!(places.lock().of.len(), 1);
    second.end(true);
    assert!(places.lock().of.is_empty(), "what is idle is forgotten");
}

#[tokio::test]
async fn at_a_receiver_that_hangs_the_first_waits_and_the_others_are_parked_at_once() {
    let places = places(1);
    let hanging = places.enter(registration(1), None).await.unwrap();
    assert!(places.enter(registration(1), None).await.is_none());
    assert_eq!(places.stalled.get(), 1);
    assert_eq!(places.busy(), [registration(1)]);

    let other = places.enter(registration(2), None).await;
    assert!(other.is_some(), "another registration has its own places");
    let probe = places.enter_as_probe(registration(1));
    probe.end(false);
    assert_eq!(places.stalled.get(), 1);
    hanging.end(true);
    assert_eq!((places.stalled.get(), places.busy()), (0, vec![]));
}

#[tokio::test]
async fn a_registration_may_lower_its_cap_and_not_raise_it() {
    let places = places(2);
    let first = places.enter(registration(1), Some(1)).await;
    assert!(first.is_some());
    assert!(places.enter(registration(1), Some(1)).await.is_none());
    let second = places.enter(registration(1), Some(100)).await;
    assert!(second.is_some());
    assert!(places.enter(registration(1), Some(100)).await.is_none());
}

#[tokio::test]
async fn a_place_that_comes_to_somebody_who_was_cancelled_goes_to_the_next() {
    let places = places(1);
    let first = places.enter(registration(1), None).await.unwrap();
    let spawn = || {
        let places = Arc::clone(&places);
        TaskTracker::new().spawn(async move { places.enter(registration(1), None).await })
    };
    let waiting = |count: usize| {
        let places = Arc::clone(&places);
        async move {
            while places.lock().of[&registration(1)].waiting.len() < count {
                tokio::task::yield_now().await;
            }
        }
    };
    let cancelled = spawn();
    waiting(1).await;
    let next = spawn();
    waiting(2).await;
    cancelled.abort();
    assert!(cancelled.await.is_err_and(|error| error.is_cancelled()));
    first.end(true);
    assert!(next.await.unwrap().is_some());
}

/// What can be had without a wait.
async fn at_once(places: &Arc<Places>, registration: RegistrationId) -> Option<Place> {
    let mut entering = std::pin::pin!(places.enter(registration, None));
    std::future::poll_fn(|context| {
        Poll::Ready(match entering.as_mut().poll(context) {
            Poll::Ready(place) => place,
            Poll::Pending => None,
        })
    })
    .await
}

/// As many places as a registration can have without a wait.
async fn all_places(places: &Arc<Places>, registration: RegistrationId) -> Vec<Place> {
    let mut taken = Vec::new();
    while let Some(place) = at_once(places, registration).await {
        taken.push(place);
    }
    taken
}

#[tokio::test]
async fn however_many_receivers_are_slow_the_next_one_finds_a_place_and_slots_are_free() {
    for slow in [8, 16] {
        let places = places(64);
        let mut taken = Vec::new();
        for number in 1..=slow {
            taken.push(all_places(&places, registration(number)).await);
        }
        assert_eq!(taken[0].len(), 64, "one alone has all it may have");
        assert!(taken.iter().all(|taken| !taken.is_empty()));
        let in_flight: usize = taken.iter().map(Vec::len).sum();
        assert!(in_flight < 512, "{in_flight} of 512 slots");
        assert!(at_once(&places, registration(slow + 1)).await.is_some());
    }
}

#[tokio::test]
async fn slow_receivers_share_the_slots_evenly_once_their_requests_end() {
    let places = places(64);
    let mut taken = HashMap::new();
    for number in 1..=16 {
        taken.insert(number, all_places(&places, registration(number)).await);
    }
    for _ in 0..64 {
        for (number, taken) in &mut taken {
            if let Some(place) = taken.pop() {
                place.end(true);
            }
            taken.extend(all_places(&places, registration(*number)).await);
        }
    }
    let counts: Vec<_> = taken.values().map(Vec::len).collect();
    assert!(counts.iter().all(|count| (20..=30).contains(count)), "{counts:?}");
    assert!(counts.iter().sum::<usize>() <= 512 - 64, "{counts:?}");
}

#[tokio::test]
async fn how_long_a_receiver_takes_is_remembered_while_nothing_goes_to_it() {
    let places = places(1);
    let mut place = places.enter(registration(1), None).await.unwrap();
    place.since -= PATIENCE * 2;
    place.end(true);
    assert!(places.lock().of.is_empty());
    let _place = places.enter(registration(1), None).await;
    assert!(places.lock().of[&registration(1)].gate.pace().is_slow());
}
