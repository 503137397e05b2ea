//! Claiming deliveries.

use std::collections::BTreeMap;

use anyhow::Context;
use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{BURIED_AT_ONCE, ClaimedFlow, Store};
use postrider_domain::{
    DeliveryId, DeliveryState, Registration, RegistrationHeaders, Settlement, Timestamp, Visibility,
};
use serde_json::value::RawValue;

use super::CaseResult;
use super::given::{self, NOW, id, seconds};

pub async fn a_claim_has_all_that_an_attempt_needs(store: &dyn Store) -> CaseResult {
    let owner = given::reader(store, "ada").await?;
    let registration = Registration {
        headers: RegistrationHeaders::parse([
            ("x-team", "reports"),
            ("authorization", "Basic eA=="),
        ])?,
        properties: BTreeMap::from([("n".into(), RawValue::from_string("1.50".into())?)]),
        ..given::new_registration(owner)?
    };
    given::add(store, &registration).await?;
    let event = given::new_event()?;
    let deliveries =
        given::dispatch(store, &given::accept(store, std::slice::from_ref(&event)).await?).await?;

    let claimed = given::claim(store, &deliveries, NOW).await?;
    let claimed = claimed.first().context("it may be attempted")?;
    assert_eq!(claimed.delivery, DeliveryId::derive(event.id, registration.id));
    assert_eq!((claimed.attempts, claimed.earlier_rounds), (0, 0));
    assert_eq!(claimed.events, [event]);
    assert_eq!((claimed.replays, claimed.flow), (0, ClaimedFlow::default()));
    assert_eq!(claimed.registration, registration);
    Ok(())
}

pub async fn a_claim_has_the_registration_as_it_is_now(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let uri = "https://moved.example/".parse()?;
    let changed = given::change(store, &pending.registration, |changed| changed.uri = uri).await?;
    let claimed = given::claim(store, &pending.deliveries, NOW).await?;
    assert_eq!(claimed[0].registration, changed);
    Ok(())
}

pub async fn a_leased_delivery_is_passed_over_until_the_lease_ends(
    store: &dyn Store,
) -> CaseResult {
    let pending = given::pending(store).await?;
    given::take(store, pending.delivery(), NOW).await?;
    let end = NOW + seconds(30);
    let early = Timestamp::from_micros(end.as_micros() - 1);
    assert_eq!(given::claim(store, &pending.deliveries, early).await?, []);
    assert_eq!(given::claim(store, &pending.deliveries, end).await?.len(), 1);
    Ok(())
}

pub async fn ids_given_twice_are_claimed_once(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let twice = [pending.delivery(), pending.delivery()];
    assert_eq!(given::claim(store, &twice, NOW).await?.len(), 1);
    Ok(())
}

pub async fn unknown_deliveries_are_passed_over(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let claimed = given::claim(store, &[id(), pending.delivery(), id()], NOW).await?;
    assert_eq!(claimed.len(), 1);
    assert_eq!(given::claim(store, &[], NOW).await?, []);
    Ok(())
}

pub async fn a_retry_is_passed_over_until_it_is_wanted(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let token = given::take(store, pending.delivery(), NOW).await?;
    let at = NOW + seconds(10);
    let retry = given::failure(pending.delivery(), 1, token, Settlement::Retry { at });
    store.record_attempts(&[retry], NOW).await?;

    let early = Timestamp::from_micros(at.as_micros() - 1);
    assert_eq!(given::claim(store, &pending.deliveries, early).await?, []);
    let claimed = given::claim(store, &pending.deliveries, at).await?;
    assert_eq!((claimed[0].attempts, claimed[0].earlier_rounds), (1, 0));
    Ok(())
}

pub async fn settled_deliveries_are_passed_over(store: &dyn Store) -> CaseResult {
    let delivered = given::delivered(store).await?;
    let before = given::look(store, delivered.delivery()).await?;
    assert_eq!(given::claim(store, &delivered.deliveries, NOW + seconds(60)).await?, []);
    assert_eq!(given::look(store, delivered.delivery()).await?, before);
    Ok(())
}

pub async fn deliveries_of_a_paused_registration_become_held(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    given::pause(store, &pending.registration).await?;
    assert_eq!(given::claim(store, &pending.deliveries, NOW).await?, []);
    let delivery = given::look(store, pending.delivery()).await?;
    assert_eq!((delivery.state, delivery.next_attempt_at), (DeliveryState::Held, None));
    // Held, it is passed over as well.
    assert_eq!(given::claim(store, &pending.deliveries, NOW).await?, []);
    Ok(())
}

pub async fn a_pause_does_not_touch_what_is_leased_or_not_wanted_yet(
    store: &dyn Store,
) -> CaseResult {
    let pending = given::pending_of(store, 2).await?;
    let [leased, retried] = [pending.deliveries[0], pending.deliveries[1]];
    let token = given::take(store, retried, NOW).await?;
    let retry = Settlement::Retry { at: NOW + seconds(10) };
    store.record_attempts(&[given::failure(retried, 1, token, retry)], NOW).await?;
    given::take(store, leased, NOW).await?;
    given::pause(store, &pending.registration).await?;

    given::claim(store, &pending.deliveries, NOW).await?;
    for delivery in pending.deliveries {
        assert_eq!(given::look(store, delivery).await?.state, DeliveryState::Pending);
    }
    Ok(())
}

pub async fn deliveries_whose_registration_is_gone_become_dead(store: &dyn Store) -> CaseResult {
    // One more than the deletion gives up itself: the oldest is left to whoever comes upon it.
    let pending = given::pending_of(store, BURIED_AT_ONCE as usize + 1).await?;
    let delivery = pending.deliveries[0];
    store.delete_registration(Visibility::All, pending.registration.id, None, NOW).await?;
    assert_eq!(given::look(store, delivery).await?.state, DeliveryState::Pending);

    let later = NOW + seconds(5);
    assert_eq!(given::claim(store, &[delivery], later).await?, []);
    let delivery = given::look(store, delivery).await?;
    assert_eq!(delivery.state, DeliveryState::Dead);
    assert_eq!(delivery.dead_reason, Some(DeadReason::RegistrationDeleted));
    assert_eq!(delivery.settled_at, Some(later));
    Ok(())
}

pub async fn one_claim_sorts_out_deliveries_of_every_kind(store: &dyn Store) -> CaseResult {
    let pending = given::pending_of(store, 3).await?;
    let delivered = given::delivered(store).await?;
    let to_hold = given::pending(store).await?;
    given::pause(store, &to_hold.registration).await?;
    let leased = given::pending(store).await?;
    given::take(store, leased.delivery(), NOW).await?;

    let mut all = pending.deliveries.clone();
    all.extend([delivered.delivery(), to_hold.delivery(), leased.delivery(), id()]);
    let mut claimed: Vec<_> =
        given::claim(store, &all, NOW).await?.into_iter().map(|claimed| claimed.delivery).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, pending.deliveries);
    assert_eq!(given::look(store, to_hold.delivery()).await?.state, DeliveryState::Held);
    Ok(())
}

pub async fn workers_at_once_never_claim_the_same_delivery(store: &dyn Store) -> CaseResult {
    let pending = given::pending_of(store, 60).await?;
    let claimed =
        try_join_all((0..8).map(|_| given::claim(store, &pending.deliveries, NOW))).await?;
    let mut claimed: Vec<_> =
        claimed.into_iter().flatten().map(|claimed| claimed.delivery).collect();
    claimed.sort_unstable();
    assert_eq!(claimed, pending.deliveries);
    Ok(())
}
