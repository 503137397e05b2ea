//! Looking after the store itself.

use futures_util::future::try_join_all;
use postrider_domain::ports::{Backlog, Store};
use postrider_domain::{DeadReason, Settlement, Visibility};

use super::CaseResult;
use super::given::{self, LATER, NOW, failure, seconds};

pub async fn migrating_again_changes_nothing(store: &dyn Store) -> CaseResult {
    let user = given::user(store, "ada").await?;
    try_join_all((0..4).map(|_| store.migrate())).await?;
    assert!(store.find_user(user).await?.is_some());
    store.check().await?;
    Ok(())
}

pub async fn an_empty_store_is_idle(store: &dyn Store) -> CaseResult {
    let backlog = store.backlog(NOW).await?;
    assert_eq!(backlog, Backlog::default());
    assert!(backlog.is_idle());
    Ok(())
}

pub async fn the_backlog_tells_what_waits_for_what(store: &dyn Store) -> CaseResult {
    given::held_of(store, 3).await?;
    let pending = given::pending_of(store, 4).await?;
    let [attempted, retried, ..] = pending.deliveries[..] else { unreachable!("there are four") };
    let token = given::take(store, retried, NOW).await?;
    let retry = Settlement::Retry { at: NOW + seconds(10) };
    store.record_attempts(&[failure(retried, 1, token, retry)], NOW).await?;
    given::take(store, attempted, NOW).await?;
    given::delivered(store).await?;
    let given_up = given::pending(store).await?.delivery();
    let token = given::take(store, given_up, NOW).await?;
    let dead = Settlement::Dead { reason: DeadReason::Exhausted };
    store.record_attempts(&[failure(given_up, 1, token, dead)], NOW).await?;
    given::event(store).await?;

    let expected = Backlog {
        undispatched: 1,
        wanted: 3,
        waiting: 1,
        held: 3,
        dead: 1,
        releasable: 0,
        oldest_wanted_at: Some(NOW),
    };
    let backlog = store.backlog(NOW).await?;
    assert_eq!(backlog, expected);
    assert!(!backlog.is_idle());

    // The change to the one that is paused since has the scheduler look at it, and find that it is.
    let later = store.backlog(LATER).await?;
    assert_eq!(later, Backlog { wanted: 4, waiting: 0, releasable: 1, ..expected });
    assert_eq!(given::release(store, LATER, 10).await?, 0);
    let later = store.backlog(LATER).await?;
    assert_eq!(later, Backlog { wanted: 4, waiting: 0, ..expected });
    Ok(())
}

pub async fn a_delivery_that_waits_for_its_retry_leaves_the_store_idle(
    store: &dyn Store,
) -> CaseResult {
    let pending = given::pending(store).await?;
    let token = given::take(store, pending.delivery(), NOW).await?;
    assert!(!store.backlog(NOW).await?.is_idle(), "it is being attempted");
    let retry = Settlement::Retry { at: NOW + seconds(10) };
    store.record_attempts(&[failure(pending.delivery(), 1, token, retry)], NOW).await?;
    let backlog = store.backlog(NOW).await?;
    assert!(backlog.is_idle());
    assert_eq!((backlog.waiting, backlog.oldest_wanted_at), (1, None));
    Ok(())
}

pub async fn storage_is_prepared_once_and_takes_what_comes(store: &dyn Store) -> CaseResult {
    let week = seconds(7 * 86_400);
    try_join_all((0..4).map(|_| store.prepare_storage(NOW, week))).await?;
    assert_eq!(store.prepare_storage(NOW, week).await?, 0);

    let delivered = given::delivered(store).await?;
    let report = given::report(store, delivered.delivery()).await?;
    assert_eq!(report.attempts.len(), 1);
    assert!(store.find_event(Visibility::All, report.delivery.event).await?.is_some());
    Ok(())
}

pub async fn storage_can_be_prepared_when_records_are_there_already(
    store: &dyn Store,
) -> CaseResult {
    let delivered = given::delivered(store).await?;
    store.prepare_storage(NOW, seconds(2 * 86_400)).await?;
    assert_eq!(given::report(store, delivered.delivery()).await?.attempts.len(), 1);
    given::delivered(store).await?;
    Ok(())
}
