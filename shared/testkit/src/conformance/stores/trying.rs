//! Events that test a registration, and removing the payload of one.

use anyhow::Context;
use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{ReplayOutcome, Store};
use postrider_domain::{
    Delivery, DeliveryId, DeliveryState, EventId, HoldReason, Registration, ResponseHead,
    Settlement, Visibility,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, bundled, claim_bundle, hold_reason, id, seconds};

const ALL: Visibility = Visibility::All;

pub async fn a_test_goes_to_the_one_registration_whatever_it_asks_for(
    store: &dyn Store,
) -> CaseResult {
    // Who may read nothing, and asks for something else under a condition.
    let ada = given::user(store, "ada").await?;
    let registration = Registration {
        filters: postrider_domain::FilterSet::parse(["tasks"])?,
        condition: Some("@.data.pages > 1000".parse()?),
        ..given::new_registration(ada)?
    };
    given::add(store, &registration).await?;
    let root = given::administrator(store, "root").await?;
    given::registration(store, root).await?;

    let event = given::new_event()?;
    let delivery = store.accept_test(Visibility::Own(ada), &event, registration.id, LATER).await?;
    let delivery = delivery.context("it is hers")?;
    assert_eq!(delivery, DeliveryId::derive(event.id, registration.id));
    let found = given::all_deliveries(store).await?;
    let found = match &found[..] {
        [found] => found,
        other => panic!("it is one: {other:?}"),
    };
    assert_eq!((found.id, found.state), (delivery, DeliveryState::Pending));
    assert_eq!((found.created_at, found.next_attempt_at), (LATER, Some(LATER)));
    let report = store.find_event(Visibility::Own(ada), event.id).await?.context("she sees it")?;
    assert_eq!((&report.event, report.dispatched, report.expunged_at), (&event, true, None));
    assert_eq!(given::dispatch(store, &[event.id]).await?, []);
    assert_eq!(given::due(store, LATER).await?, [delivery]);
    let claimed = given::claim(store, &[delivery], LATER).await?;
    assert_eq!((&claimed[0].registration, &claimed[0].events[..]), (&registration, &[event][..]));
    Ok(())
}

pub async fn nobody_tests_what_they_do_not_see(store: &dyn Store) -> CaseResult {
    let registration = given::pending(store).await?.registration;
    let before = given::all_deliveries(store).await?;
    let eve = Visibility::Own(given::user(store, "eve").await?);
    let event = given::new_event()?;
    for (visibility, of) in [(eve, registration.id), (ALL, id())] {
        assert_eq!(store.accept_test(visibility, &event, of, NOW).await?, None);
        assert_eq!(store.find_event(ALL, event.id).await?, None);
    }
    assert_eq!(given::all_deliveries(store).await?, before);
    assert!(store.accept_test(ALL, &event, registration.id, NOW).await?.is_some());
    Ok(())
}

pub async fn a_test_of_what_is_paused_is_held_like_any_other(store: &dyn Store) -> CaseResult {
    let held = given::held(store).await?;
    let event = given::new_event()?;
    let delivery = store.accept_test(ALL, &event, held.registration.id, LATER).await?;
    let delivery = delivery.context("it is visible")?;
    given::hold_all(store, &[delivery], LATER).await?;
    assert_eq!(hold_reason(store, delivery).await?, Some(HoldReason::Paused));
    Ok(())
}

/// The event of a delivery.
async fn event_of(store: &dyn Store, delivery: DeliveryId) -> anyhow::Result<EventId> {
    Ok(given::look(store, delivery).await?.event)
}

pub async fn a_removed_payload_is_nowhere_any_more(store: &dyn Store) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    let mut registrations = Vec::new();
    for _ in 0..4 {
        registrations.push(given::registration(store, ada).await?);
    }
    let mut event = given::new_event()?;
    event.resource.name = Some("the salaries".into());
    given::accept(store, std::slice::from_ref(&event)).await?;
    given::dispatch(store, &[event.id]).await?;
    let of = |registration: &Registration| DeliveryId::derive(event.id, registration.id);
    let [delivered, dead, pending, held] = [0, 1, 2, 3].map(|place| of(&registrations[place]));
    let response = ResponseHead {
        headers: vec![("x-echo".into(), "the salaries".into())],
        body: b"the salaries".to_vec(),
    };
    let gone = Settlement::Dead { reason: DeadReason::Gone };
    for (delivery, settlement) in [(delivered, Settlement::Delivered), (dead, gone)] {
        let token = given::take(store, delivery, NOW).await?;
        let mut recorded = given::failure(delivery, 1, token, settlement);
        recorded.attempt.response = Some(response.clone());
        store.record_attempts(&[recorded], NOW).await?;
    }
    given::pause(store, &registrations[3]).await?;
    given::hold_all(store, &[held], NOW).await?;
    let other = given::event(store).await?;

    let all = [delivered, dead, pending, held];
    let mut before = Vec::new();
    for delivery in all {
        before.push(given::report(store, delivery).await?);
    }
    assert_eq!(store.expunge_event(event.id, LATER).await?, Some(true));
    let report = store.find_event(ALL, event.id).await?.context("it is still known")?;
    assert_eq!(report.expunged_at, Some(LATER));
    event.data = None;
    event.resource.name = None;
    assert_eq!(report.event, event);
    for (delivery, mut expected) in all.into_iter().zip(before) {
        for attempt in &mut expected.attempts {
            attempt.response = None;
        }
        if !expected.delivery.state.is_settled() {
            expected.delivery = Delivery {
                state: DeliveryState::Dead,
                hold_reason: None,
                dead_reason: Some(DeadReason::Expunged),
                settled_at: Some(LATER),
                next_attempt_at: None,
                ..expected.delivery
            };
        }
        assert_eq!(given::report(store, delivery).await?, expected);
        let outcome = store.replay_delivery(ALL, delivery, LATER).await?;
        assert_eq!(outcome, Some(ReplayOutcome::NothingToSend));
        assert_eq!(given::report(store, delivery).await?, expected);
    }
    assert_eq!(given::claim(store, &all, LATER).await?, []);

    let again = LATER + seconds(60);
    assert_eq!(store.expunge_event(event.id, again).await?, Some(false));
    let report = store.find_event(ALL, event.id).await?.context("it is still known")?;
    assert_eq!(report.expunged_at, Some(LATER), "it was done before");
    assert_eq!(store.expunge_event(id(), LATER).await?, None);
    let others = store.find_event(ALL, other).await?.context("it is another")?;
    assert!(others.event.data.is_some() && others.expunged_at.is_none());
    Ok(())
}

pub async fn of_removals_at_once_one_removes(store: &dyn Store) -> CaseResult {
    let delivered = given::delivered(store).await?;
    let event = event_of(store, delivered.delivery()).await?;
    let removed = try_join_all((0..6).map(|_| store.expunge_event(event, NOW))).await?;
    assert_eq!(removed.iter().filter(|removed| **removed == Some(true)).count(), 1);
    assert_eq!(removed.iter().filter(|removed| **removed == Some(false)).count(), 5);
    Ok(())
}

pub async fn a_bundle_goes_without_what_was_removed(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = bundled(store, 3).await?;
    store.expunge_event(event_of(store, deliveries[1]).await?, NOW).await?;
    let found = given::look(store, deliveries[1]).await?;
    assert_eq!(found.dead_reason, Some(DeadReason::Expunged));
    let both = [deliveries[0], deliveries[2]];
    let carrier = claim_bundle(store, &deliveries, &both, NOW).await?.delivery;
    store.record_attempts(&[given::success(carrier, 1, id())], LATER).await?;
    let states = given::states(store, &deliveries).await?;
    let [delivered, dead] = [DeliveryState::Delivered, DeliveryState::Dead];
    assert_eq!(states, [delivered, dead, delivered]);
    Ok(())
}

pub async fn what_went_with_the_one_that_was_removed_goes_all_the_same(
    store: &dyn Store,
) -> CaseResult {
    let Pending { deliveries, .. } = bundled(store, 3).await?;
    store.expunge_event(event_of(store, deliveries[0]).await?, NOW).await?;
    let found = given::look(store, deliveries[0]).await?;
    assert_eq!(found.dead_reason, Some(DeadReason::Expunged));
    for freed in &deliveries[1..] {
        let found = given::look(store, *freed).await?;
        assert_eq!((found.state, found.bundle), (DeliveryState::Held, None));
    }
    // Their first one has waited long enough by then.
    assert_eq!(given::release(store, NOW + seconds(10), 10).await?, 1);
    claim_bundle(store, &deliveries, &deliveries[1..], NOW + seconds(10)).await?;
    Ok(())
}

pub async fn what_was_removed_before_it_was_dispatched_is_sent_to_nobody(
    store: &dyn Store,
) -> CaseResult {
    let ada = given::reader(store, "ada").await?;
    given::registration(store, ada).await?;
    let event = given::event(store).await?;
    assert_eq!(store.expunge_event(event, NOW).await?, Some(true));
    assert_eq!(given::dispatch(store, &[event]).await?, []);
    assert_eq!(store.backlog(NOW).await?.undispatched, 0);
    Ok(())
}
