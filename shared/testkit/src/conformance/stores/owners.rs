//! What waits for those who are switched off.

use postrider_domain::ports::Store;
use postrider_domain::{DeliveryState, Settlement};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, seconds};

/// One delivery that is held because its owner is switched off.
async fn held(store: &dyn Store) -> anyhow::Result<Pending> {
    let pending = given::pending(store).await?;
    given::disable(store, pending.registration.owner).await?;
    anyhow::ensure!(given::claim(store, &pending.deliveries, NOW).await?.is_empty(), "it is off");
    Ok(pending)
}

pub async fn deliveries_of_a_disabled_owner_become_held(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let others = given::pending(store).await?;
    given::disable(store, pending.registration.owner).await?;
    let both = [pending.delivery(), others.delivery()];
    let claimed = given::claim(store, &both, NOW).await?;
    let claimed: Vec<_> = claimed.iter().map(|claimed| claimed.delivery).collect();
    assert_eq!(claimed, [others.delivery()]);
    let delivery = given::look(store, pending.delivery()).await?;
    assert_eq!((delivery.state, delivery.next_attempt_at), (DeliveryState::Held, None));
    Ok(())
}

pub async fn what_is_held_for_an_owner_is_released_when_they_are_enabled(
    store: &dyn Store,
) -> CaseResult {
    let held = held(store).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    assert_eq!(given::look(store, held.delivery()).await?.state, DeliveryState::Held);

    given::enable(store, held.registration.owner).await?;
    let later = NOW + seconds(100);
    assert_eq!(given::release(store, later, 10).await?, 1);
    let delivery = given::look(store, held.delivery()).await?;
    assert_eq!(delivery.state, DeliveryState::Pending);
    assert_eq!(delivery.next_attempt_at, Some(later));
    assert_eq!(given::claim(store, &held.deliveries, later).await?.len(), 1);
    Ok(())
}

pub async fn resuming_releases_nothing_while_the_owner_is_disabled(
    store: &dyn Store,
) -> CaseResult {
    let held = given::held(store).await?;
    given::disable(store, held.registration.owner).await?;
    given::resume(store, &held.registration).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    assert_eq!(given::look(store, held.delivery()).await?.state, DeliveryState::Held);
    given::enable(store, held.registration.owner).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 1);
    Ok(())
}

pub async fn enabling_releases_nothing_of_a_paused_registration(store: &dyn Store) -> CaseResult {
    let held = given::held(store).await?;
    given::disable(store, held.registration.owner).await?;
    given::enable(store, held.registration.owner).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    assert_eq!(given::look(store, held.delivery()).await?.state, DeliveryState::Held);
    given::resume(store, &held.registration).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 1);
    Ok(())
}

pub async fn one_who_is_disabled_again_is_sent_nothing(store: &dyn Store) -> CaseResult {
    let held = held(store).await?;
    given::enable(store, held.registration.owner).await?;
    given::disable(store, held.registration.owner).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    given::enable(store, held.registration.owner).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 1);
    Ok(())
}

pub async fn what_waits_for_its_retry_is_held_when_its_time_comes(store: &dyn Store) -> CaseResult {
    let pending = given::pending(store).await?;
    let token = given::take(store, pending.delivery(), NOW).await?;
    given::disable(store, pending.registration.owner).await?;
    let at = NOW + seconds(10);
    let retry = given::failure(pending.delivery(), 1, token, Settlement::Retry { at });
    store.record_attempts(&[retry], NOW).await?;
    assert_eq!(given::look(store, pending.delivery()).await?.state, DeliveryState::Pending);
    assert_eq!(given::claim(store, &pending.deliveries, at).await?, []);
    assert_eq!(given::look(store, pending.delivery()).await?.state, DeliveryState::Held);
    Ok(())
}

pub async fn those_of_others_are_released_all_the_same(store: &dyn Store) -> CaseResult {
    let off = held(store).await?;
    let on = given::held(store).await?;
    given::resume(store, &on.registration).await?;
    assert_eq!(given::release(store, LATER, 10).await?, 1);
    assert_eq!(given::look(store, on.delivery()).await?.state, DeliveryState::Pending);
    assert_eq!(given::look(store, off.delivery()).await?.state, DeliveryState::Held);
    Ok(())
}
