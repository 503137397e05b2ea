//! Rates: how many go in how long, over all workers and schedulers together.

use std::time::Duration;

use futures_util::future::try_join_all;
use postrider_domain::flow::ReleasePolicy;
use postrider_domain::ports::Store;
use postrider_domain::{DeliveryState, HoldReason, RateLimit, Registration, Settlement};

use super::CaseResult;
use super::given::{self, NOW, Pending, hold_reason, seconds};

/// `count` deliveries that are held for a registration with a rate.
async fn paced(
    store: &dyn Store,
    count: usize,
    requests: u32,
    per: Duration,
) -> anyhow::Result<Pending> {
    let rate = RateLimit::try_new(requests, per)?;
    let with_rate = |changed: &mut Registration| changed.options.rate = Some(rate);
    let pending = given::pending_with(store, count, with_rate).await?;
    given::hold_all(store, &pending.deliveries, NOW).await?;
    Ok(pending)
}

pub async fn a_rate_is_kept_to_the_delivery_over_any_looks(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = paced(store, 60, 10, seconds(1)).await?;
    let mut gone = 0;
    for millis in [0, 0, 99, 100, 350, 351, 999, 1_000, 1_050, 1_975, 2_900, 3_000, 4_000] {
        let now = NOW + Duration::from_millis(millis);
        // The first at once, and one every tenth of a second.
        let expected = usize::try_from(1 + millis / 100)?;
        let policy = ReleasePolicy::default();
        let went = given::release_by(store, &policy, &deliveries[gone..], now).await?;
        assert_eq!(went, deliveries[gone..expected], "after {millis} ms");
        assert_eq!(given::claim(store, &went, now).await?.len(), went.len());
        gone = expected;
    }
    assert_eq!(gone, 41);
    Ok(())
}

pub async fn a_rate_over_minutes_is_spread_evenly(store: &dyn Store) -> CaseResult {
    let Pending { registration, .. } = paced(store, 5, 3, seconds(60)).await?;
    for (second, count) in [(0, 1), (19, 0), (20, 1), (39, 0), (41, 1), (59, 0), (60, 1), (80, 1)] {
        let now = NOW + seconds(second);
        assert_eq!(given::release(store, now, 10).await?, count, "after {second} s");
    }
    let state = given::flow(store, registration.id).await?.state;
    assert_eq!(state.rate_at, Some(NOW + seconds(100)));
    Ok(())
}

pub async fn after_a_silence_no_more_than_a_second_is_caught_up(store: &dyn Store) -> CaseResult {
    let Pending { registration, .. } = paced(store, 1, 10, seconds(1)).await?;
    assert_eq!(given::release(store, NOW, 100).await?, 1);
    let now = NOW + seconds(600);
    let more = given::more_at(store, &registration, 30, now).await?;
    given::hold_all(store, &more, now).await?;
    // Ten of the second before, and the one that is due now.
    assert_eq!(given::release(store, now, 100).await?, 11);
    assert_eq!(given::release(store, now, 100).await?, 0);
    assert_eq!(given::release(store, now + seconds(1), 100).await?, 10);
    Ok(())
}

pub async fn schedulers_at_once_keep_a_rate_together(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = paced(store, 20, 1, seconds(1)).await?;
    let policy = ReleasePolicy::default();
    for second in 0..5 {
        let now = NOW + seconds(second);
        let released = try_join_all((0..6).map(|_| store.release_held(&policy, now, 100))).await?;
        let total: u64 = released.iter().map(|released| released.deliveries).sum();
        assert_eq!(total, 1, "after {second} s");
    }
    let states = given::states(store, &deliveries).await?;
    let pending = states.iter().take_while(|state| **state == DeliveryState::Pending).count();
    assert_eq!(pending, 5);
    assert!(states[5..].iter().all(|state| *state == DeliveryState::Held));
    Ok(())
}

pub async fn a_retry_waits_for_its_turn_again(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = paced(store, 3, 1, seconds(10)).await?;
    let first = deliveries[0];
    let policy = ReleasePolicy::default();
    assert_eq!(given::release_by(store, &policy, &deliveries, NOW).await?, [first]);
    let retry = Settlement::Retry { at: NOW + seconds(5) };
    given::settle(store, first, retry, NOW).await?;

    let now = NOW + seconds(5);
    assert_eq!(given::due(store, now).await?, [first]);
    given::hold_all(store, &[first], now).await?;
    assert_eq!(hold_reason(store, first).await?, Some(HoldReason::Paced));
    assert_eq!(given::release_by(store, &policy, &deliveries, now).await?, []);
    // It is the oldest of those that wait.
    let now = NOW + seconds(10);
    assert_eq!(given::release_by(store, &policy, &deliveries, now).await?, [first]);
    let claimed = given::claim(store, &[first], now).await?;
    assert_eq!((claimed[0].attempts, claimed[0].earlier_rounds), (1, 0));
    let now = NOW + seconds(20);
    assert_eq!(given::release_by(store, &policy, &deliveries, now).await?, deliveries[1..2]);
    Ok(())
}

pub async fn what_was_let_go_may_be_claimed_once(store: &dyn Store) -> CaseResult {
    let Pending { deliveries, .. } = paced(store, 1, 1, seconds(10)).await?;
    assert_eq!(given::release(store, NOW, 10).await?, 1);
    assert_eq!(given::claim(store, &deliveries, NOW).await?.len(), 1);
    // A worker that is gone with it: the next one takes a place of its own.
    given::hold_all(store, &deliveries, NOW + seconds(30)).await?;
    assert_eq!(given::release(store, NOW + seconds(30), 10).await?, 1);
    assert_eq!(given::claim(store, &deliveries, NOW + seconds(30)).await?.len(), 1);
    Ok(())
}
