//! How bundles end otherwise than by being sent: given up as one, and sent again in part.

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{ReplayOutcome, Store};
use postrider_domain::{
    DeliveryId, DeliveryState, HoldPolicy, HoldReason, Settlement, Timestamp, Visibility,
};

use super::CaseResult;
use super::given::{self, LATER, NOW, Pending, bundled, claim_bundle, hold_reason, seconds};

const ALL: Visibility = Visibility::All;
const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

/// A bundle of three whose carrier is held, since its registration is paused.
async fn held_bundle(store: &dyn Store) -> anyhow::Result<Pending> {
    let Pending { registration, deliveries } = bundled(store, 3).await?;
    let registration = given::pause(store, &registration).await?;
    given::hold_all(store, &deliveries[..1], NOW).await?;
    Ok(Pending { registration, deliveries })
}

/// Checks that all of `deliveries` were given up.
async fn assert_dead(
    store: &dyn Store,
    deliveries: &[DeliveryId],
    reason: DeadReason,
    at: Timestamp,
) -> anyhow::Result<()> {
    for delivery in deliveries {
        let found = given::look(store, *delivery).await?;
        assert_eq!((found.state, found.dead_reason), (DeliveryState::Dead, Some(reason)));
        assert_eq!((found.settled_at, found.hold_reason), (Some(at), None));
    }
    Ok(())
}

async fn replay(store: &dyn Store, delivery: DeliveryId, now: Timestamp) -> anyhow::Result<()> {
    let outcome = store.replay_delivery(ALL, delivery, now).await?;
    anyhow::ensure!(outcome == Some(ReplayOutcome::Replayed), "{outcome:?}");
    Ok(())
}

/// Holds what was replayed and lets it go in its turn, which is at once since it was made long ago.
async fn in_its_turn(
    store: &dyn Store,
    delivery: DeliveryId,
    now: Timestamp,
) -> anyhow::Result<()> {
    given::hold_all(store, &[delivery], now).await?;
    let released = given::release(store, now, 10).await?;
    anyhow::ensure!(released == 1, "it goes: {released}");
    Ok(())
}

pub async fn a_bundle_of_a_deleted_registration_is_dead(store: &dyn Store) -> CaseResult {
    let on_its_way = bundled(store, 3).await?;
    let held = held_bundle(store).await?;
    for Pending { registration, deliveries } in [on_its_way, held] {
        store.delete_registration(ALL, registration.id, None, LATER).await?;
        assert_dead(store, &deliveries, DeadReason::RegistrationDeleted, LATER).await?;
    }
    Ok(())
}

pub async fn a_bundle_that_is_discarded_is_dead(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = held_bundle(store).await?;
    let of = registration.id;
    // One delivery, and what goes with it.
    let discarded = store.discard_held(ALL, of, DeadReason::Discarded, LATER, 1).await?;
    assert!(discarded.is_some_and(|count| count > 0), "{discarded:?}");
    assert_dead(store, &deliveries, DeadReason::Discarded, LATER).await?;
    assert_eq!(store.discard_held(ALL, of, DeadReason::Discarded, LATER, 1).await?, Some(0));
    Ok(())
}

pub async fn a_bundle_that_is_held_for_too_long_is_dead(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = held_bundle(store).await?;
    let now = NOW + seconds(3600);
    let policy = HoldPolicy { max_age: seconds(600), ..HoldPolicy::default() };
    let given_up = given::give_up(store, &policy, now).await?;
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].registration, registration.id);
    assert_dead(store, &deliveries, DeadReason::HoldOverflow, now).await?;
    assert_eq!(given::give_up(store, &policy, now).await?, []);
    Ok(())
}

/// They are held only until what becomes of the one that carries them is known.
pub async fn what_goes_with_one_on_its_way_is_not_given_up(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = bundled(store, 3).await?;
    let token = given::take(store, deliveries[0], NOW).await?;
    let now = NOW + seconds(20);
    let policy = HoldPolicy { max_age: seconds(1), max_count: 1, ..HoldPolicy::default() };
    assert_eq!(given::give_up(store, &policy, now).await?, []);
    let reason = DeadReason::Discarded;
    assert_eq!(store.discard_held(ALL, registration.id, reason, now, 100).await?, Some(0));
    store.record_attempts(&[given::success(deliveries[0], 1, token)], now).await?;
    let states = given::states(store, &deliveries).await?;
    assert_eq!(states, [DeliveryState::Delivered; 3]);
    Ok(())
}

pub async fn what_is_paused_and_discards_discards_a_bundle_as_one(store: &dyn Store) -> CaseResult {
    let Pending { registration, deliveries } = bundled(store, 3).await?;
    given::change(store, &registration, |changed| {
        changed.paused = true;
        changed.options.while_paused = postrider_domain::WhilePaused::Discard;
    })
    .await?;
    assert_eq!(given::claim(store, &deliveries, LATER).await?, []);
    assert_dead(store, &deliveries, DeadReason::Discarded, LATER).await
}

pub async fn one_of_a_bundle_that_is_replayed_leaves_it(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = bundled(store, 3).await?;
    given::settle(store, deliveries[0], Settlement::Delivered, NOW).await?;
    let now = NOW + seconds(60);
    replay(store, deliveries[1], now).await?;
    let found = given::look(store, deliveries[1]).await?;
    assert_eq!((found.state, found.bundle), (DeliveryState::Pending, None));
    assert_eq!((found.bundle_size, found.replays), (1, 1));
    in_its_turn(store, deliveries[1], now).await?;
    let claimed = claim_bundle(store, &deliveries, &deliveries[1..2], now).await?;
    assert_eq!((claimed.delivery, claimed.replays), (deliveries[1], 1));

    // The others are as they were, and the one that carries them does without it.
    let states = given::states(store, &deliveries).await?;
    let [delivered, pending] = [DeliveryState::Delivered, DeliveryState::Pending];
    assert_eq!(states, [delivered, pending, delivered]);
    assert_eq!(given::look(store, deliveries[0]).await?.bundle_size, 2);
    replay(store, deliveries[0], now).await?;
    in_its_turn(store, deliveries[0], now).await?;
    let both = [deliveries[0], deliveries[2]];
    claim_bundle(store, &both, &both, now).await?;
    Ok(())
}

pub async fn the_one_that_carries_a_bundle_is_replayed_with_all_of_it(
    store: &dyn Store,
) -> CaseResult {
    for first in [Settlement::Delivered, DEAD] {
        let Pending { deliveries, .. } = bundled(store, 3).await?;
        given::settle(store, deliveries[0], first, NOW).await?;
        let now = NOW + seconds(60);
        replay(store, deliveries[0], now).await?;
        in_its_turn(store, deliveries[0], now).await?;
        let claimed = claim_bundle(store, &deliveries, &deliveries, now).await?;
        assert_eq!((claimed.attempts, claimed.earlier_rounds, claimed.replays), (1, 1, 1));
        // What arrived stays so, whatever becomes of the replay.
        let now = now + seconds(30);
        in_its_turn(store, deliveries[0], now).await?;
        given::settle(store, deliveries[0], DEAD, now).await?;
        let others = given::states(store, &deliveries[1..]).await?;
        assert_eq!(others, [first.state(); 2]);
    }
    Ok(())
}

/// A success brings back what was given up, and what was given up with it.
pub async fn once_it_arrives_all_of_a_bundle_is_delivered(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = bundled(store, 3).await?;
    given::settle(store, deliveries[0], DEAD, NOW).await?;
    let now = NOW + seconds(60);
    replay(store, deliveries[0], now).await?;
    in_its_turn(store, deliveries[0], now).await?;
    given::settle(store, deliveries[0], Settlement::Delivered, now).await?;
    let states = given::states(store, &deliveries).await?;
    assert_eq!(states, [DeliveryState::Delivered; 3]);
    Ok(())
}

pub async fn one_of_a_bundle_on_its_way_is_not_replayed(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = bundled(store, 3).await?;
    let states = [DeliveryState::Pending, DeliveryState::Held, DeliveryState::Held];
    for (delivery, state) in deliveries.iter().zip(states) {
        let outcome = store.replay_delivery(ALL, *delivery, LATER).await?;
        assert_eq!(outcome, Some(ReplayOutcome::NotSettled(state)));
    }
    assert_eq!(hold_reason(store, deliveries[2]).await?, Some(HoldReason::Bundled));
    claim_bundle(store, &deliveries, &deliveries, LATER).await?;
    Ok(())
}
