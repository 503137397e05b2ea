//! Having what is over run again.

use postrider_domain::inbox::{
    AfterRun, Ended, InboxItem, InboxState, ReceiverAddress, RunOutcome,
};
use postrider_domain::ports::{InboxFilter, InboxStore};

use super::CaseResult;
use super::given::{self, NOW, failed, id, run, seconds};

pub async fn a_replay_begins_anew_and_keeps_what_was_done(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    let first = run(item, token, (1, "a"), RunOutcome::Done, AfterRun::GoOn);
    let second = run(item, token, (2, "b"), failed(), AfterRun::End(Ended::Dead));
    assert!(store.record_run(&first).await?);
    assert!(store.record_run(&second).await?);

    let later = NOW + seconds(500);
    assert_eq!(store.replay_inbox(item, later).await?, Some(InboxState::Dead));
    let report = given::look(store, item).await?;
    assert_eq!((report.state, report.replays), (InboxState::Pending, 1));
    assert_eq!((report.due_at, report.settled_at), (Some(later), None));
    assert_eq!(report.runs, [first.run, second.run]);
    assert_eq!(given::claim(store, &[item], NOW + seconds(499)).await?, []);
    assert_eq!(store.take_due_inbox(later, later + seconds(60), 10).await?, [item]);

    let (token, claimed) = given::take(store, item, later).await?;
    assert_eq!((claimed.done, claimed.runs, claimed.failures), (Vec::<String>::new(), 2, 0));
    assert_eq!(claimed.failed_handler, None);
    let third = run(item, token, (3, "a"), RunOutcome::Stopped, AfterRun::End(Ended::Processed));
    assert!(store.record_run(&third).await?);
    assert_eq!(store.replay_inbox(item, later).await?, Some(InboxState::Processed));
    assert_eq!(given::look(store, item).await?.replays, 2);
    Ok(())
}

pub async fn what_is_pending_is_not_replayed(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    given::take(store, item, NOW).await?;
    let before = given::look(store, item).await?;
    assert_eq!(store.replay_inbox(item, NOW + seconds(5)).await?, Some(InboxState::Pending));
    assert_eq!(given::look(store, item).await?, before);
    assert_eq!(store.replay_inbox(id(), NOW).await?, None);
    Ok(())
}

pub async fn the_dead_are_replayed_oldest_first_up_to_the_limit(
    store: &dyn InboxStore,
) -> CaseResult {
    let items = given::pending_of(store, 5).await?;
    for item in &items {
        given::end(store, *item, Ended::Dead).await?;
    }
    let processed = given::ended(store, Ended::Processed).await?;
    let later = NOW + seconds(60);
    let everything = InboxFilter::default();
    assert_eq!(store.replay_dead_inbox(&everything, later, 2).await?, 2);
    assert_eq!(store.take_due_inbox(later, later + seconds(60), 10).await?, items[..2]);
    let (_, claimed) = given::take(store, items[0], later).await?;
    assert_eq!((claimed.done, claimed.runs, claimed.failures), (Vec::new(), 1, 0));
    assert_eq!(given::look(store, items[1]).await?.replays, 1);

    assert_eq!(store.replay_dead_inbox(&everything, later, 10).await?, 3);
    assert_eq!(store.replay_dead_inbox(&everything, later, 10).await?, 0);
    assert_eq!(given::look(store, processed).await?.state, InboxState::Processed);
    Ok(())
}

pub async fn of_the_dead_those_are_replayed_that_are_asked_for(
    store: &dyn InboxStore,
) -> CaseResult {
    let mut items = Vec::new();
    for (place, id) in ["org1", "org2", "org1"].into_iter().enumerate() {
        let address = ReceiverAddress::new("github", id);
        let actions = vec![if place == 2 { "ping".into() } else { "push".into() }];
        let item = InboxItem {
            address,
            actions,
            ..given::item_at(NOW - seconds(10) + seconds(place as u64))
        };
        given::accept(store, std::slice::from_ref(&item)).await?;
        given::end(store, item.id, Ended::Dead).await?;
        items.push(item);
    }
    let any = InboxFilter::default();
    let some = |text: &str| Some(text.to_owned());
    let asked = [
        (InboxFilter { state: Some(InboxState::Processed), ..any.clone() }, 0),
        (InboxFilter { receiver: some("stripe"), ..any.clone() }, 0),
        (InboxFilter { from: Some(NOW), ..any.clone() }, 0),
        (InboxFilter { to: Some(items[0].received_at), ..any.clone() }, 0),
        (InboxFilter { action: some("ping"), id: some("org2"), ..any.clone() }, 0),
        (InboxFilter { action: some("ping"), state: Some(InboxState::Dead), ..any.clone() }, 1),
        (InboxFilter { id: some("org1"), receiver: some("github"), ..any.clone() }, 1),
        (InboxFilter { from: Some(items[1].received_at), to: Some(NOW), ..any.clone() }, 1),
        (any, 0),
    ];
    for (filter, expected) in asked {
        assert_eq!(store.replay_dead_inbox(&filter, NOW, 10).await?, expected, "{filter:?}");
    }
    Ok(())
}
