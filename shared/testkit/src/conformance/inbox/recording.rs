//! Recording runs, and what follows from them.

use postrider_domain::inbox::{AfterRun, Ended, InboxState, RunOutcome};
use postrider_domain::ports::InboxStore;

use super::CaseResult;
use super::given::{self, NOW, RESCUE_AT, failed, id, run, seconds};

const PROCESSED: AfterRun = AfterRun::End(Ended::Processed);
const RETRY: AfterRun = AfterRun::Retry { at: RETRY_AT };
const RETRY_AT: postrider_domain::Timestamp =
    postrider_domain::Timestamp::from_micros(NOW.as_micros() + 10_000_000);

pub async fn after_a_run_the_same_worker_goes_on(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    let first = run(item, token, (1, "a"), RunOutcome::Done, AfterRun::GoOn);
    assert!(store.record_run(&first).await?);
    assert_eq!(given::claim(store, &[item], NOW).await?, [], "it is leased");
    let second = run(item, token, (2, "b"), RunOutcome::Done, AfterRun::GoOn);
    assert!(store.record_run(&second).await?);

    let report = given::look(store, item).await?;
    assert_eq!((report.state, report.due_at), (InboxState::Pending, Some(RESCUE_AT)));
    assert_eq!(report.runs, [first.run, second.run]);
    let (_, claimed) = given::take(store, item, NOW + seconds(30)).await?;
    assert_eq!(
        (claimed.done, claimed.runs, claimed.failures),
        (vec!["a".into(), "b".into()], 2, 0)
    );
    Ok(())
}

pub async fn a_failed_handler_runs_again_at_its_time(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    assert!(store.record_run(&run(item, token, (1, "a"), RunOutcome::Done, AfterRun::GoOn)).await?);
    assert!(store.record_run(&run(item, token, (2, "b"), failed(), RETRY)).await?);
    let report = given::look(store, item).await?;
    assert_eq!((report.state, report.due_at), (InboxState::Pending, Some(RETRY_AT)));
    assert_eq!(report.runs[1].outcome, failed());
    assert_eq!(store.take_due_inbox(NOW + seconds(9), RESCUE_AT, 10).await?, []);
    assert_eq!(given::claim(store, &[item], NOW + seconds(9)).await?, []);

    let (_, claimed) = given::take(store, item, RETRY_AT).await?;
    assert_eq!((claimed.done, claimed.runs, claimed.failures), (vec!["a".into()], 2, 1));
    assert_eq!(claimed.failed_handler.as_deref(), Some("b"));
    Ok(())
}

pub async fn failures_are_those_of_one_handler_in_a_row(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let mut now = NOW;
    let rounds = [
        ("a", failed(), 1),
        ("a", failed(), 2),
        ("b", failed(), 1),
        ("b", failed(), 2),
        ("a", failed(), 1),
        ("a", RunOutcome::Done, 0),
        ("b", failed(), 1),
        ("a", RunOutcome::Done, 0),
        ("b", failed(), 1),
    ];
    for (number, (handler, outcome, failures)) in (1..).zip(rounds) {
        let failed_handler = (failures > 0).then(|| handler.to_owned());
        let (token, claimed) = given::take(store, item, now).await?;
        assert_eq!(claimed.runs, number - 1);
        now = now + seconds(60);
        let retry = AfterRun::Retry { at: now };
        assert!(store.record_run(&run(item, token, (number, handler), outcome, retry)).await?);
        let (token, claimed) = given::take(store, item, now).await?;
        let counted = (claimed.failures, claimed.failed_handler);
        assert_eq!(counted, (failures, failed_handler), "after run {number}");
        store.release_inbox(item, token, now).await?;
    }
    Ok(())
}

pub async fn the_last_run_ends_it(store: &dyn InboxStore) -> CaseResult {
    for (outcome, ended, state) in [
        (RunOutcome::Done, Ended::Processed, InboxState::Processed),
        (RunOutcome::Stopped, Ended::Processed, InboxState::Processed),
        (failed(), Ended::Dead, InboxState::Dead),
    ] {
        let item = given::pending(store).await?;
        let (token, _) = given::take(store, item, NOW).await?;
        let last = run(item, token, (1, "a"), outcome, AfterRun::End(ended));
        assert!(store.record_run(&last).await?);
        let report = given::look(store, item).await?;
        assert_eq!((report.state, report.due_at), (state, None));
        assert_eq!(report.settled_at, Some(last.run.ended_at));
        assert_eq!(report.runs, [last.run]);
    }
    Ok(())
}

pub async fn a_run_under_a_lost_lease_is_recorded_and_changes_nothing(
    store: &dyn InboxStore,
) -> CaseResult {
    let item = given::pending(store).await?;
    let (slow, _) = given::take(store, item, NOW).await?;
    let (fast, _) = given::take(store, item, NOW + seconds(30)).await?;
    for after in [AfterRun::GoOn, RETRY, PROCESSED] {
        let late = run(item, id(), (1, "a"), RunOutcome::Done, after);
        assert!(!store.record_run(&late).await?, "{after:?}");
    }
    assert!(!store.record_run(&run(item, slow, (1, "a"), failed(), RETRY)).await?);
    let report = given::look(store, item).await?;
    assert_eq!((report.state, report.due_at), (InboxState::Pending, Some(RESCUE_AT)));
    assert_eq!(report.runs.len(), 4);

    // Whoever has the lease goes on undisturbed, with a run of the same number.
    let own = run(item, fast, (1, "a"), RunOutcome::Done, AfterRun::GoOn);
    assert!(store.record_run(&own).await?);
    let (_, claimed) = given::take(store, item, NOW + seconds(60)).await?;
    assert_eq!((claimed.done, claimed.runs, claimed.failures), (vec!["a".into()], 5, 0));
    Ok(())
}

pub async fn a_run_under_a_lease_that_ran_out_but_nobody_took_counts(
    store: &dyn InboxStore,
) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    let mut late = given::last(item, token, Ended::Processed);
    late.run.ended_at = NOW + seconds(300);
    assert!(store.record_run(&late).await?);
    assert_eq!(given::look(store, item).await?.settled_at, Some(late.run.ended_at));
    Ok(())
}

pub async fn a_run_of_what_is_over_is_recorded_and_changes_nothing(
    store: &dyn InboxStore,
) -> CaseResult {
    let item = given::ended(store, Ended::Processed).await?;
    let late = run(item, id(), (1, "a"), failed(), AfterRun::End(Ended::Dead));
    assert!(!store.record_run(&late).await?);
    let report = given::look(store, item).await?;
    assert_eq!((report.state, report.runs.len()), (InboxState::Processed, 2));
    Ok(())
}

pub async fn a_run_of_an_unknown_webhook_harms_nobody(store: &dyn InboxStore) -> CaseResult {
    assert!(!store.record_run(&given::last(id(), id(), Ended::Processed)).await?);
    Ok(())
}

pub async fn of_many_runs_the_newest_hundred_are_shown(store: &dyn InboxStore) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    for number in 1..=103 {
        let next = run(item, token, (number, "a"), RunOutcome::Done, AfterRun::GoOn);
        assert!(store.record_run(&next).await?);
    }
    let shown = given::look(store, item).await?.runs;
    let numbers: Vec<_> = shown.into_iter().map(|run| run.number).collect();
    assert_eq!(numbers, (4..=103).collect::<Vec<_>>());
    Ok(())
}

pub async fn no_text_of_a_failure_keeps_it_from_being_recorded(
    store: &dyn InboxStore,
) -> CaseResult {
    let item = given::pending(store).await?;
    let (token, _) = given::take(store, item, NOW).await?;
    let outcome = RunOutcome::Failed("a\0b".into());
    assert!(store.record_run(&run(item, token, (1, "a\0b"), outcome, RETRY)).await?);
    let shown = given::look(store, item).await?.runs;
    assert_eq!(shown[0].outcome, RunOutcome::Failed("a\u{fffd}b".into()));
    assert_eq!(shown[0].handler, "a\u{fffd}b");
    Ok(())
}
