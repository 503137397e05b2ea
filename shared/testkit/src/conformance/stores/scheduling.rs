//! Finding work that is due: events and deliveries whose message was lost, retries, and what was
//! held.

use std::collections::HashSet;

use futures_util::future::try_join_all;
use postrider_domain::ports::Store;
use postrider_domain::{DeliveryState, Settlement, Timestamp};

use super::CaseResult;
use super::given::{self, LATER, NOW, RESCUE_AT, seconds};

const MINUTE: std::time::Duration = std::time::Duration::from_mins(1);

async fn take_one(store: &dyn Store, now: Timestamp) -> anyhow::Result<bool> {
    Ok(store.take_due_deliveries(now, MINUTE, 10).await?.len() == 1)
}

pub async fn an_event_is_due_from_its_rescue_time_on(store: &dyn Store) -> CaseResult {
    let event = given::new_event()?;
    given::accept(store, std::slice::from_ref(&event)).await?;
    let early = Timestamp::from_micros(RESCUE_AT.as_micros() - 1);
    assert_eq!(store.take_due_events(early, MINUTE, 10).await?, []);
    assert_eq!(store.take_due_events(RESCUE_AT, MINUTE, 10).await?, [event]);
    Ok(())
}

pub async fn due_events_are_taken_oldest_first_up_to_the_limit(store: &dyn Store) -> CaseResult {
    let events: Vec<_> = (0..5).map(|_| given::new_event()).collect::<Result<_, _>>()?;
    // The order is that of their rescue times, not that of their ids.
    for (place, event) in events.iter().enumerate() {
        let rescue_at = RESCUE_AT - seconds(place as u64);
        store.accept_events(&[given::submission(std::slice::from_ref(event))], rescue_at).await?;
    }
    let mut taken = store.take_due_events(RESCUE_AT, MINUTE, 3).await?;
    assert_eq!(taken.len(), 3);
    taken.extend(store.take_due_events(RESCUE_AT, MINUTE, 3).await?);
    let expected: Vec<_> = events.into_iter().rev().collect();
    assert_eq!(taken, expected);
    Ok(())
}

pub async fn a_taken_event_is_due_again_until_it_is_dispatched(store: &dyn Store) -> CaseResult {
    let event = given::event(store).await?;
    assert_eq!(store.take_due_events(RESCUE_AT, MINUTE, 10).await?.len(), 1);
    assert_eq!(store.take_due_events(RESCUE_AT + seconds(59), MINUTE, 10).await?.len(), 0);
    assert_eq!(store.take_due_events(RESCUE_AT + seconds(60), MINUTE, 10).await?.len(), 1);
    given::dispatch(store, &[event]).await?;
    assert_eq!(store.take_due_events(RESCUE_AT + seconds(3600), MINUTE, 10).await?.len(), 0);
    Ok(())
}

/// What waits behind a long queue is not published over and over.
pub async fn an_event_that_has_waited_long_waits_as_long_again(store: &dyn Store) -> CaseResult {
    given::event(store).await?;
    for (after, taken) in [(60, 1), (120, 1), (239, 0), (240, 1), (479, 0), (480, 1)] {
        let events = store.take_due_events(NOW + seconds(after), MINUTE, 10).await?;
        assert_eq!(events.len(), taken, "after {after} s");
    }
    // An hour at the most.
    let late = NOW + seconds(36_000);
    assert_eq!(store.take_due_events(late, MINUTE, 10).await?.len(), 1);
    assert_eq!(store.take_due_events(late + seconds(3_599), MINUTE, 10).await?.len(), 0);
    assert_eq!(store.take_due_events(late + seconds(3_600), MINUTE, 10).await?.len(), 1);
    Ok(())
}

pub async fn schedulers_at_once_never_take_the_same_event(store: &dyn Store) -> CaseResult {
    let events: Vec<_> = (0..60).map(|_| given::new_event()).collect::<Result<_, _>>()?;
    given::accept(store, &events).await?;
    let taken = try_join_all((0..6).map(|_| store.take_due_events(RESCUE_AT, MINUTE, 20))).await?;
    let taken: Vec<_> = taken.into_iter().flatten().map(|event| event.id).collect();
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len());
    Ok(())
}

pub async fn a_new_delivery_is_due_from_its_rescue_time_on(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let early = Timestamp::from_micros(RESCUE_AT.as_micros() - 1);
    assert_eq!(store.take_due_deliveries(early, MINUTE, 10).await?, []);
    assert_eq!(store.take_due_deliveries(RESCUE_AT, MINUTE, 10).await?, pending.deliveries);
    Ok(())
}

pub async fn due_deliveries_are_taken_the_longest_due_first_up_to_the_limit(
    store: &dyn Store,
) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    given::registration(store, owner).await?;
    let mut expected = Vec::new();
    for place in 0..5 {
        let event = given::event(store).await?;
        let dispatched = store.dispatch_events(&[event], NOW, RESCUE_AT - seconds(place)).await?;
        expected.extend(dispatched.created);
    }
    expected.reverse();
    let mut taken = store.take_due_deliveries(RESCUE_AT, MINUTE, 3).await?;
    assert_eq!(taken.len(), 3);
    taken.extend(store.take_due_deliveries(RESCUE_AT, MINUTE, 3).await?);
    assert_eq!(taken, expected);
    Ok(())
}

pub async fn what_waits_long_is_taken_less_and_less_often(store: &dyn Store) -> CaseResult {
    given::pending(store).await?;
    // Wanted since NOW: due again after a minute, then after as long as it has been wanted.
    let mut now = RESCUE_AT;
    for again_after in [60, 120, 240, 480, 960, 1920, 3600, 3600] {
        assert!(take_one(store, now).await?, "{now}");
        let early = Timestamp::from_micros((now + seconds(again_after)).as_micros() - 1);
        assert!(!take_one(store, early).await?, "{early}");
        now = now + seconds(again_after);
    }
    Ok(())
}

pub async fn a_leased_delivery_is_not_due(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    // The lease ends half a minute after the rescue time.
    given::take(store, pending.delivery(), RESCUE_AT).await?;
    assert!(!take_one(store, RESCUE_AT + seconds(29)).await?);
    assert!(take_one(store, RESCUE_AT + seconds(30)).await?);
    Ok(())
}

pub async fn a_retry_is_due_at_its_time(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let token = given::take(store, pending.delivery(), NOW).await?;
    let at = NOW + seconds(10);
    let retry = given::failure(pending.delivery(), 1, token, Settlement::Retry { at });
    store.record_attempts(&[retry], NOW).await?;
    assert!(!take_one(store, Timestamp::from_micros(at.as_micros() - 1)).await?);
    assert!(take_one(store, at).await?);
    assert!(!take_one(store, at + seconds(59)).await?);
    assert!(take_one(store, at + seconds(60)).await?);
    Ok(())
}

pub async fn settled_and_held_deliveries_are_never_due(store: &dyn Store) -> CaseResult {
    given::delivered(store).await?;
    given::held(store).await?;
    let next_year = NOW + seconds(365 * 86_400);
    assert_eq!(store.take_due_deliveries(next_year, MINUTE, 10).await?, []);
    Ok(())
}

pub async fn schedulers_at_once_never_take_the_same_delivery(store: &dyn Store) -> CaseResult {
    given::pending_of(store, 60).await?;
    let taken =
        try_join_all((0..6).map(|_| store.take_due_deliveries(RESCUE_AT, MINUTE, 20))).await?;
    let taken: Vec<_> = taken.into_iter().flatten().collect();
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len());
    Ok(())
}

pub async fn held_deliveries_are_released_when_their_registration_is_resumed(
    store: &dyn Store,
) -> CaseResult {
    let held = given::held(store).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    assert_eq!(given::look(store, held.delivery()).await?.state, DeliveryState::Held);

    given::resume(store, &held.registration).await?;
    let later = NOW + seconds(100);
    assert_eq!(given::release(store, later, 10).await?, 1);
    let delivery = given::look(store, held.delivery()).await?;
    assert_eq!(delivery.state, DeliveryState::Pending);
    assert_eq!(delivery.next_attempt_at, Some(later));
    assert!(take_one(store, later).await?);
    assert_eq!(given::claim(store, &held.deliveries, later).await?.len(), 1);
    Ok(())
}

pub async fn held_deliveries_are_released_oldest_first_up_to_the_limit(
    store: &dyn Store,
) -> CaseResult {
    let first = given::held_of(store, 3).await?;
    let second = given::held_of(store, 3).await?;
    given::resume(store, &second.registration).await?;
    given::resume(store, &first.registration).await?;

    for (limit, released) in [(2, 2), (3, 5), (10, 6), (10, 6)] {
        given::release(store, LATER, limit).await?;
        let mut total = 0;
        for deliveries in [&first.deliveries, &second.deliveries] {
            let states = given::states(store, deliveries).await?;
            let gone = states.iter().take_while(|state| **state == DeliveryState::Pending).count();
            assert!(states[gone..].iter().all(|state| *state == DeliveryState::Held), "{states:?}");
            total += gone;
        }
        assert_eq!(total, released);
    }
    Ok(())
}

pub async fn nothing_is_released_once_the_registration_is_paused_again(
    store: &dyn Store,
) -> CaseResult {
    let held = given::held(store).await?;
    let resumed = given::resume(store, &held.registration).await?;
    let paused = given::pause(store, &resumed).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    given::resume(store, &paused).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 1);
    Ok(())
}

pub async fn changing_a_resumed_registration_does_not_strand_what_was_held(
    store: &dyn Store,
) -> CaseResult {
    let held = given::held(store).await?;
    let resumed = given::resume(store, &held.registration).await?;
    let text = Some("changed before anything was released".to_owned());
    given::change(store, &resumed, |registration| registration.description = text).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 1);
    Ok(())
}

pub async fn however_long_ago_the_resume_was_what_is_held_is_released(
    store: &dyn Store,
) -> CaseResult {
    let held = given::held_of(store, 3).await?;
    given::resume(store, &held.registration).await?;
    let much_later = NOW + seconds(86_400);
    assert_eq!(given::release(store, much_later, 2).await?, 2);
    assert_eq!(given::release(store, much_later, 2).await?, 1);
    assert_eq!(given::release(store, much_later, 2).await?, 0);
    Ok(())
}
