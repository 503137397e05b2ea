//! The age of what was settled, which begins when it was, however old the event is.

use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{ReplayOutcome, Store};
use postrider_domain::{HoldPolicy, Settlement, Visibility};

use super::CaseResult;
use super::given::{self, NOW, seconds};
use super::retention::{Kept, day, lag, remove_all};

const ALL: Visibility = Visibility::All;
const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

pub async fn what_died_and_is_replayed_is_kept_as_long_as_what_is_delivered_now(
    store: &dyn Store,
) -> CaseResult {
    store.prepare_storage(NOW, seconds(86_400)).await?;
    let delivery = given::pending(store).await?.delivery();
    given::settle(store, delivery, DEAD, NOW).await?;
    let replayed = store.replay_delivery(ALL, delivery, day(40)).await?;
    assert_eq!(replayed, Some(ReplayOutcome::Replayed));
    given::settle(store, delivery, Settlement::Delivered, day(40)).await?;
    let kept = Kept::of(store, delivery).await?;
    assert_eq!(kept.attempts, 2);
    for (days, there) in [(40, true), (69, true), (71, false)] {
        remove_all(store, day(days), 100).await?;
        assert_eq!(kept.is_there(store).await?, there, "after {days} days");
        assert_eq!(lag(store, day(days)).await?, Duration::ZERO, "after {days} days");
    }
    Ok(())
}

pub async fn what_was_held_too_long_stays_to_be_seen_after_it_is_given_up(
    store: &dyn Store,
) -> CaseResult {
    let held = given::held(store).await?.delivery();
    let policy = HoldPolicy { max_age: seconds(100 * 86_400), ..HoldPolicy::default() };
    let given_up = given::give_up(store, &policy, day(101)).await?;
    assert_eq!(given_up.len(), 1);
    let kept = Kept::of(store, held).await?;
    for (days, there) in [(101, true), (190, true), (192, false)] {
        remove_all(store, day(days), 100).await?;
        assert_eq!(kept.is_there(store).await?, there, "after {days} days");
    }
    Ok(())
}

pub async fn what_was_delivered_late_lags_from_when_it_should_have_gone(
    store: &dyn Store,
) -> CaseResult {
    let delivery = given::pending(store).await?.delivery();
    given::settle(store, delivery, Settlement::Delivered, day(20)).await?;
    assert_eq!(lag(store, day(49)).await?, Duration::ZERO);
    assert_eq!(lag(store, day(51)).await?, seconds(86_400));
    Ok(())
}
