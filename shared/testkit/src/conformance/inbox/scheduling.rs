//! What the scheduler takes, and what waits.

use futures_util::future::try_join_all;
use postrider_domain::Timestamp;
use postrider_domain::inbox::{AfterRun, Ended};
use postrider_domain::ports::{InboxBacklog, InboxStore};

use super::CaseResult;
use super::given::{self, NOW, RESCUE_AT, failed, run, seconds};

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

pub async fn what_is_new_is_due_from_its_rescue_time_on(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let early = Timestamp::from_micros(RESCUE_AT.as_micros() - 1);
    assert_eq!(store.take_due_inbox(early, early + HOUR, 10).await?, []);
    assert_eq!(store.take_due_inbox(RESCUE_AT, RESCUE_AT + HOUR, 10).await?, [item]);
    Ok(())
}

pub async fn what_was_taken_is_due_again_at_its_next_time(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let next = RESCUE_AT + seconds(7);
    assert_eq!(store.take_due_inbox(RESCUE_AT, next, 10).await?, [item]);
    let early = Timestamp::from_micros(next.as_micros() - 1);
    assert_eq!(store.take_due_inbox(early, next + HOUR, 10).await?, []);
    assert_eq!(store.take_due_inbox(next, next + HOUR, 10).await?, [item]);
    Ok(())
}

pub async fn the_longest_due_are_taken_first_up_to_the_limit(store: &dyn InboxStore) -> CaseResult {
    let mut items = Vec::new();
    // The later ones are due first.
    for number in (0..5).rev() {
        let item = given::item();
        store.accept(std::slice::from_ref(&item), NOW + seconds(number)).await?;
        items.insert(0, item.id);
    }
    let now = NOW + seconds(3);
    assert_eq!(store.take_due_inbox(now, now + HOUR, 3).await?, items[..3]);
    assert_eq!(store.take_due_inbox(now, now + HOUR, 3).await?, items[3..4]);
    assert_eq!(store.take_due_inbox(now, now + HOUR, 3).await?, []);
    Ok(())
}

pub async fn what_is_leased_is_not_due_until_the_lease_has_ended(
    store: &dyn InboxStore,
) -> CaseResult {
    let item = given::pending(store).await?;
    let taken = RESCUE_AT + seconds(1);
    given::take(store, item, taken).await?;
    let end = taken + seconds(30);
    let early = Timestamp::from_micros(end.as_micros() - 1);
    assert_eq!(store.take_due_inbox(early, early + HOUR, 10).await?, []);
    assert_eq!(store.take_due_inbox(end, end + HOUR, 10).await?, [item]);
    Ok(())
}

pub async fn what_is_over_is_never_due(store: &dyn InboxStore) -> CaseResult {
    for ended in [Ended::Processed, Ended::Dead] {
        given::ended(store, ended).await?;
    }
    let late = NOW + 1000 * HOUR;
    assert_eq!(store.take_due_inbox(late, late + HOUR, 10).await?, []);
    Ok(())
}

pub async fn schedulers_at_once_never_take_the_same_webhook(store: &dyn InboxStore) -> CaseResult {
    let items = given::pending_of(store, 60).await?;
    let taken =
        try_join_all((0..8).map(|_| store.take_due_inbox(RESCUE_AT, RESCUE_AT + HOUR, 60))).await?;
    let mut taken: Vec<_> = taken.into_iter().flatten().collect();
    taken.sort_unstable();
    assert_eq!(taken, items);
    Ok(())
}

pub async fn an_empty_inbox_is_idle(store: &dyn InboxStore) -> CaseResult {
    let backlog = store.inbox_backlog(NOW).await?;
    assert_eq!(backlog, InboxBacklog::default());
    assert!(backlog.is_idle());
    Ok(())
}

pub async fn the_backlog_tells_what_waits_for_what(store: &dyn InboxStore) -> CaseResult {
    let before = NOW - seconds(5);
    given::accept(store, &[given::item_at(before)]).await?;
    // Leased, it still waits to be processed.
    let leased = given::pending_of(store, 2).await?[0];
    given::take(store, leased, NOW).await?;
    // The oldest of all, which waits for its retry.
    let retried = given::accept(store, &[given::item_at(before - seconds(5))]).await?[0];
    let (token, _) = given::take(store, retried, NOW).await?;
    let retry = AfterRun::Retry { at: NOW + seconds(10) };
    store.record_run(&run(retried, token, (1, "a"), failed(), retry)).await?;
    given::ended(store, Ended::Dead).await?;
    given::ended(store, Ended::Dead).await?;
    given::ended(store, Ended::Processed).await?;

    let backlog = store.inbox_backlog(NOW).await?;
    let expected = InboxBacklog { wanted: 3, waiting: 1, dead: 2, oldest: Some(before) };
    assert_eq!(backlog, expected);
    assert!(!backlog.is_idle());

    let later = store.inbox_backlog(NOW + seconds(10)).await?;
    let oldest = Some(before - seconds(5));
    assert_eq!(later, InboxBacklog { wanted: 4, waiting: 0, dead: 2, oldest });
    Ok(())
}
