//! Several events in one delivery: how bundles are made, and that they stay together.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::Store;
use postrider_domain::{
    Delivery, DeliveryId, DeliveryState, HoldReason, RateLimit, Registration, Settlement, Timestamp,
};

use super::CaseResult;
use super::given::{self, NOW, Pending, bundled, claim_bundle, hold_reason, in_threes, seconds};

const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

/// Checks that `carrier` is on its way with its `members`, and is all that may be attempted of them.
async fn assert_bundle(
    store: &dyn Store,
    carrier: DeliveryId,
    members: &[DeliveryId],
) -> anyhow::Result<()> {
    let found = given::look(store, carrier).await?;
    assert_eq!((found.state, found.bundle), (DeliveryState::Pending, None));
    assert_eq!(usize::from(found.bundle_size), 1 + members.len());
    for member in members {
        let found = given::look(store, *member).await?;
        assert_eq!((found.state, found.bundle), (DeliveryState::Held, Some(carrier)));
        assert_eq!(found.hold_reason, Some(HoldReason::Bundled));
        assert_eq!((found.next_attempt_at, found.bundle_size), (None, 1));
    }
    Ok(())
}

pub async fn a_bundle_is_made_of_the_oldest_as_soon_as_there_are_enough(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = given::pending_with(store, 7, in_threes).await?;
    given::hold_all(store, &deliveries[..2], NOW).await?;
    assert_eq!(given::release(store, NOW, 10).await?, 0);
    assert_eq!(hold_reason(store, deliveries[0]).await?, Some(HoldReason::Paced));
    given::hold_all(store, &deliveries[2..], NOW).await?;
    let soon = NOW + seconds(1);
    assert_eq!(given::release(store, soon, 10).await?, 2);
    assert_bundle(store, deliveries[0], &deliveries[1..3]).await?;
    assert_bundle(store, deliveries[3], &deliveries[4..6]).await?;
    let last = given::look(store, deliveries[6]).await?;
    assert_eq!((last.hold_reason, last.bundle), (Some(HoldReason::Paced), None));
    assert_eq!(given::due(store, soon).await?, [deliveries[0], deliveries[3]]);
    assert_eq!(given::flow(store, registration.id).await?.held.count, 5);
    Ok(())
}

pub async fn a_bundle_goes_when_its_first_has_waited_as_long_as_it_may(
    store: &dyn Store,
) -> CaseResult {
    let Pending { deliveries, .. } = given::pending_with(store, 2, in_threes).await?;
    given::hold_all(store, &deliveries, NOW).await?;
    let end = NOW + seconds(10);
    let early = Timestamp::from_micros(end.as_micros() - 1);
    assert_eq!(given::release(store, early, 10).await?, 0);
    assert_eq!(given::release(store, end, 10).await?, 1);
    assert_bundle(store, deliveries[0], &deliveries[1..]).await?;

    // Also one that is alone.
    let Pending { deliveries, .. } = bundled(store, 4).await?;
    assert_eq!(given::release(store, end, 10).await?, 1);
    assert_bundle(store, deliveries[3], &[]).await?;
    claim_bundle(store, &deliveries[3..], &deliveries[3..], end).await?;
    Ok(())
}

pub async fn a_bundle_is_claimed_with_its_events_in_their_order(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = bundled(store, 3).await?;
    let backwards: Vec<_> = deliveries.iter().rev().copied().collect();
    let claimed = claim_bundle(store, &backwards, &deliveries, NOW).await?;
    assert_eq!(claimed.delivery, deliveries[0]);
    assert!(claimed.events.iter().all(|event| event.data.is_some()));
    // Those that go with it go with it only.
    assert_eq!(given::claim(store, &deliveries, NOW).await?, []);
    assert_eq!(given::release(store, NOW + seconds(60), 10).await?, 0);
    assert_eq!(given::due(store, NOW + seconds(20)).await?, []);
    Ok(())
}

pub async fn what_becomes_of_a_bundle_becomes_of_all_in_it(store: &dyn Store) -> CaseResult {
    let settled = |found: Delivery| (found.state, found.dead_reason, found.settled_at);
    let now = NOW + seconds(1);
    for (settlement, state) in
        [(Settlement::Delivered, DeliveryState::Delivered), (DEAD, DeliveryState::Dead)]
    {
        let Pending { deliveries, .. } = bundled(store, 6).await?;
        given::settle(store, deliveries[0], settlement, now).await?;
        for (place, delivery) in deliveries.iter().enumerate() {
            let found = given::look(store, *delivery).await?;
            assert_eq!(found.hold_reason.is_some(), place > 3, "{place}");
            let expected = (state, settlement.dead_reason(), Some(now));
            assert_eq!(settled(found) == expected, place < 3, "{place}");
        }
        assert_bundle(store, deliveries[3], &deliveries[4..]).await?;
    }
    Ok(())
}

pub async fn a_retry_has_all_of_its_bundle(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = bundled(store, 3).await?;
    let at = NOW + seconds(5);
    given::settle(store, deliveries[0], Settlement::Retry { at }, NOW).await?;
    assert_bundle(store, deliveries[0], &deliveries[1..]).await?;
    // It waits for its turn again, and goes without waiting for others.
    given::hold_all(store, &deliveries[..1], at).await?;
    assert_eq!(hold_reason(store, deliveries[0]).await?, Some(HoldReason::Paced));
    assert_eq!(given::release(store, NOW + seconds(20), 10).await?, 1);
    assert_bundle(store, deliveries[0], &deliveries[1..]).await?;
    claim_bundle(store, &deliveries, &deliveries, NOW + seconds(20)).await?;
    Ok(())
}

pub async fn workers_at_once_claim_a_bundle_once(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = bundled(store, 3).await?;
    let claims = try_join_all((0..6).map(|_| given::claim(store, &deliveries, NOW))).await?;
    assert_eq!(claims.iter().flatten().count(), 1);
    Ok(())
}

pub async fn a_bundle_whose_registration_is_paused_meanwhile_goes_after_the_resume(
    store: &dyn Store,
) -> CaseResult {
    let Pending { registration, deliveries } = bundled(store, 4).await?;
    let paused = given::pause(store, &registration).await?;
    given::hold_all(store, &deliveries[..1], NOW).await?;
    assert_eq!(hold_reason(store, deliveries[0]).await?, Some(HoldReason::Paused));
    for member in &deliveries[1..3] {
        let found = given::look(store, *member).await?;
        assert_eq!(found.hold_reason, Some(HoldReason::Bundled));
        assert_eq!(found.bundle, Some(deliveries[0]));
    }
    assert_eq!(given::release(store, NOW + seconds(20), 10).await?, 0);
    given::resume(store, &paused).await?;
    let now = NOW + seconds(30);
    assert_eq!(given::release(store, now, 10).await?, 2);
    assert_bundle(store, deliveries[0], &deliveries[1..3]).await?;
    assert_bundle(store, deliveries[3], &[]).await?;
    claim_bundle(store, &deliveries[..3], &deliveries[..3], now).await?;
    Ok(())
}

/// Two of three attempts fail, and the registration is paused and resumed on the way.
pub async fn whatever_happens_every_event_arrives_once(store: &dyn Store) -> CaseResult {
    let Pending { mut registration, deliveries } =
        given::pending_with(store, 20, in_threes).await?;
    let mut arrived = Vec::new();
    let mut attempts = 0;
    for turn in 0..200 {
        let now = NOW + seconds(turn * 7);
        if turn % 4 == 3 {
            let turn_over = |changed: &mut Registration| changed.paused = !changed.paused;
            registration = given::change(store, &registration, turn_over).await?;
        }
        let lease = given::lease(now);
        for claimed in store.claim_deliveries(&deliveries, &[], lease, now).await? {
            attempts += 1;
            assert!((1..=3).contains(&claimed.events.len()), "{claimed:?}");
            assert!(claimed.events.is_sorted_by_key(|event| event.id), "{claimed:?}");
            let recorded = if attempts % 3 == 0 {
                arrived.extend(claimed.events.iter().map(|event| event.id));
                given::success(claimed.delivery, 1, lease.token)
            } else {
                let retry = Settlement::Retry { at: now + seconds(1) };
                given::failure(claimed.delivery, 1, lease.token, retry)
            };
            store.record_attempts(&[recorded], now).await?;
        }
        given::release(store, now, 100).await?;
    }
    let states = given::states(store, &deliveries).await?;
    assert_eq!(states, [DeliveryState::Delivered; 20]);
    assert_eq!(arrived.len(), 20);
    assert_eq!(arrived.iter().collect::<BTreeSet<_>>().len(), 20);
    Ok(())
}

pub async fn bundles_keep_a_rate(store: &dyn Store) -> CaseResult {
    let rate = RateLimit::try_new(1, seconds(10))?;
    let pending = given::pending_with(store, 9, |changed: &mut Registration| {
        in_threes(changed);
        changed.options.rate = Some(rate);
    })
    .await?;
    given::hold_all(store, &pending.deliveries, NOW).await?;
    for (second, bundles) in [(0, 1), (5, 0), (10, 1), (19, 0), (20, 1)] {
        let now = NOW + seconds(second);
        assert_eq!(given::release(store, now, 10).await?, bundles, "after {second} s");
    }
    assert_bundle(store, pending.deliveries[6], &pending.deliveries[7..]).await?;
    Ok(())
}

pub async fn schedulers_at_once_put_nothing_into_two_bundles(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = given::pending_with(store, 60, in_threes).await?;
    given::hold_all(store, &deliveries, NOW).await?;
    let policy = ReleasePolicy::default();
    let released = try_join_all((0..6).map(|_| store.release_held(&policy, NOW, 100))).await?;
    let total: u64 = released.iter().map(|released| released.deliveries).sum();
    assert_eq!(total, 20);
    for bundle in deliveries.chunks(3) {
        assert_bundle(store, bundle[0], &bundle[1..]).await?;
    }
    Ok(())
}
