//! Removing what is too old.

use postrider_domain::inbox::{Ended, InboxState};
use postrider_domain::ports::InboxStore;
use postrider_domain::{InboxId, Timestamp};

use super::CaseResult;
use super::given::{self, NOW, seconds};

/// Has an item end at some time.
async fn ended_at(store: &dyn InboxStore, ended: Ended, at: Timestamp) -> anyhow::Result<InboxId> {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    let mut last = given::last(item, token, ended);
    last.run.ended_at = at;
    anyhow::ensure!(store.record_run(&last).await?, "its lease holds");
    Ok(item)
}

async fn is_there(store: &dyn InboxStore, item: InboxId) -> anyhow::Result<bool> {
    Ok(store.find_inbox(item).await?.is_some())
}

pub async fn what_ended_long_ago_is_removed_by_state_and_time(
    store: &dyn InboxStore,
) -> CaseResult {
    let processed = ended_at(store, Ended::Processed, NOW).await?;
    let dead = ended_at(store, Ended::Dead, NOW).await?;
    let later = ended_at(store, Ended::Processed, NOW + seconds(10)).await?;
    let pending = given::pending(store).await?;

    assert_eq!(store.remove_inbox(InboxState::Processed, NOW, 10).await?, 0, "not before its time");
    let before = NOW + seconds(10);
    assert_eq!(store.remove_inbox(InboxState::Processed, before, 10).await?, 1);
    assert!(!is_there(store, processed).await?);
    assert!(is_there(store, dead).await? && is_there(store, later).await?);

    assert_eq!(store.remove_inbox(InboxState::Dead, before, 10).await?, 1);
    assert!(!is_there(store, dead).await?);
    assert_eq!(store.remove_inbox(InboxState::Pending, before, 10).await?, 0);
    assert!(is_there(store, pending).await? && is_there(store, later).await?);
    Ok(())
}

pub async fn the_longest_settled_are_removed_first_up_to_the_limit(
    store: &dyn InboxStore,
) -> CaseResult {
    let mut items = Vec::new();
    for place in [3, 1, 2] {
        items.push(ended_at(store, Ended::Processed, NOW + seconds(place)).await?);
    }
    let before = NOW + seconds(60);
    assert_eq!(store.remove_inbox(InboxState::Processed, before, 2).await?, 2);
    assert!(is_there(store, items[0]).await?);
    assert_eq!(store.remove_inbox(InboxState::Processed, before, 2).await?, 1);
    assert_eq!(store.remove_inbox(InboxState::Processed, before, 2).await?, 0);
    Ok(())
}

pub async fn of_large_webhooks_no_more_are_removed_in_one_call_than_is_soon_done(
    store: &dyn InboxStore,
) -> CaseResult {
    const EACH: usize = 33 * 1024 * 1024;
    let items = [(); 3].map(|()| given::item());
    for (mut item, place) in items.into_iter().zip(0..) {
        item.request.body = vec![0; EACH].into();
        given::accept(store, std::slice::from_ref(&item)).await?;
        let (token, _) = given::take(store, item.id, NOW).await?;
        let mut last = given::last(item.id, token, Ended::Processed);
        last.run.ended_at = NOW + seconds(place);
        assert!(store.record_run(&last).await?);
    }
    let mut calls = Vec::new();
    loop {
        match store.remove_inbox(InboxState::Processed, NOW + seconds(60), 10).await? {
            0 => break,
            removed => calls.push(removed),
        }
    }
    assert_eq!(calls.iter().sum::<u64>(), 3, "until there is none");
    assert!(calls.iter().all(|removed| *removed <= 2), "{calls:?} at a time");
    Ok(())
}

pub async fn what_was_replayed_is_as_old_as_its_last_end(store: &dyn InboxStore) -> CaseResult {
    let item = ended_at(store, Ended::Processed, NOW).await?;
    store.replay_inbox(item, NOW).await?;
    let before = NOW + seconds(10);
    assert_eq!(store.remove_inbox(InboxState::Processed, before, 10).await?, 0);
    let (token, _) = given::take(store, item, NOW).await?;
    let mut last = given::last(item, token, Ended::Processed);
    (last.run.number, last.run.ended_at) = (2, before);
    assert!(store.record_run(&last).await?);
    assert_eq!(store.remove_inbox(InboxState::Processed, before, 10).await?, 0);
    assert_eq!(store.remove_inbox(InboxState::Processed, before + seconds(1), 10).await?, 1);
    Ok(())
}

pub async fn its_runs_go_with_it(store: &dyn InboxStore) -> CaseResult {
    let item = given::item();
    given::accept(store, std::slice::from_ref(&item)).await?;
    given::end(store, item.id, Ended::Processed).await?;
    store.remove_inbox(InboxState::Processed, NOW + seconds(60), 10).await?;
    // The same item anew has none of them.
    given::accept(store, std::slice::from_ref(&item)).await?;
    assert_eq!(given::look(store, item.id).await?.runs, []);
    Ok(())
}
