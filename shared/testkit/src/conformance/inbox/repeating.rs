//! Recording the same run again, as a caller does whose answer was lost.

use postrider_domain::Timestamp;
use postrider_domain::inbox::{AfterRun, Ended, RunOutcome};
use postrider_domain::ports::InboxStore;

use super::CaseResult;
use super::given::{self, NOW, failed, id, run, seconds};

/// The ways in which a run can end that is not the last of its kind.
fn endings() -> [(RunOutcome, AfterRun); 4] {
    let at = NOW + seconds(10);
    [
        (RunOutcome::Done, AfterRun::GoOn),
        (failed(), AfterRun::Retry { at }),
        (RunOutcome::Stopped, AfterRun::End(Ended::Processed)),
        (failed(), AfterRun::End(Ended::Dead)),
    ]
}

pub async fn the_same_run_is_recorded_once_and_answered_alike(
    store: &dyn InboxStore,
) -> CaseResult {
    for (outcome, after) in endings() {
        let item = given::pending(store).await?;
        let (token, _) = given::take(store, item, NOW).await?;
        let recorded = run(item, token, (1, "a"), outcome, after);
        assert!(store.record_run(&recorded).await?);
        let before = given::look(store, item).await?;
        assert!(store.record_run(&recorded).await?, "{after:?}");
        assert_eq!(given::look(store, item).await?, before);
    }
    Ok(())
}

pub async fn the_same_run_is_counted_once(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    let recorded = run(item, token, (1, "a"), RunOutcome::Done, AfterRun::GoOn);
    for _ in 0..3 {
        store.record_run(&recorded).await?;
    }
    let failure = run(item, token, (2, "b"), failed(), AfterRun::Retry { at: NOW });
    for _ in 0..3 {
        store.record_run(&failure).await?;
    }
    let (_, claimed) = given::take(store, item, NOW).await?;
    assert_eq!((claimed.done, claimed.runs, claimed.failures), (vec!["a".into()], 2, 1));
    Ok(())
}

pub async fn what_did_not_count_does_not_count_when_it_is_repeated(
    store: &dyn InboxStore,
) -> CaseResult {
    let item = given::pending(store).await?;
    let lost = run(item, id(), (1, "a"), RunOutcome::Done, AfterRun::End(Ended::Processed));
    assert!(!store.record_run(&lost).await?);
    assert!(!store.record_run(&lost).await?);
    assert_eq!(given::look(store, item).await?.runs.len(), 1);
    Ok(())
}

pub async fn a_repeated_run_does_not_undo_what_came_after_it(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    let first = run(item, token, (1, "a"), failed(), AfterRun::Retry { at: NOW });
    assert!(store.record_run(&first).await?);
    let (token, _) = given::take(store, item, NOW).await?;
    let second = run(item, token, (2, "a"), RunOutcome::Done, AfterRun::End(Ended::Processed));
    assert!(store.record_run(&second).await?);
    let over = given::look(store, item).await?;
    store.record_run(&first).await?;
    assert_eq!(given::look(store, item).await?, over);

    store.replay_inbox(item, NOW + seconds(60)).await?;
    store.record_run(&second).await?;
    let again = given::look(store, item).await?;
    assert_eq!(again.due_at, Some::<Timestamp>(NOW + seconds(60)));
    assert_eq!(given::claim(store, &[item], NOW + seconds(60)).await?.len(), 1);
    Ok(())
}
