//! `serve` and `work` as two processes on Postgres and RabbitMQ, killed on purpose.

use postrider_domain::Clock;
use postrider_domain::ports::InboxReport;
use postrider_runtime::SystemClock;
use postrider_testkit::databases::Database;
use postrider_tests::wait::until;

use super::installation::Installation;

/// Handler and outcome of each run.
fn runs(report: &InboxReport) -> Vec<(&str, &str)> {
    report.runs.iter().map(|run| (run.handler.as_str(), run.outcome.as_str())).collect()
}

async fn until_marked(installation: &Installation, mark: &str, count: usize) {
    until(&format!("there are {count} marks `{mark}`"), || async {
        (installation.handlers.marked(mark).len() == count).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_is_answered_before_the_handlers_end_and_they_run_once() {
    let mut installation = Installation::new().await;
    let database = &installation.database;
    assert!(database.inbox_tables().await > 0);
    let sending = database.store().backlog(SystemClock.now()).await;
    assert!(sending.is_err(), "there is nothing of the sending side: {sending:?}");
    let mut serve = installation.start("serve").await;
    let mut work = installation.start("work").await;

    assert_eq!(installation.send("1", Installation::SECRET).await, 200);
    until_marked(&installation, "start", 1).await;
    assert_eq!(installation.send("1", Installation::SECRET).await, 200, "a repetition");
    assert_eq!(installation.handlers.marked("end").len(), 0, "it still waits for the gate");
    installation.handlers.open_gate();

    let processed = installation.until_processed(1).await;
    let id = processed[0].item.id.to_string();
    for mark in ["quick", "start", "end"] {
        assert_eq!(installation.handlers.marked(mark), [id.as_str()], "{mark}");
    }
    assert_eq!(runs(&processed[0]), [("quick", "done"), ("slow", "done")]);
    assert_eq!(processed[0].duplicates, 1);
    let listed = installation.tool(&["inbox", "list"]);
    assert!(listed.starts_with(&id) && listed.contains("processed"), "{listed}");
    serve.stop().await;
    work.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_whose_process_is_killed_runs_again_and_those_before_it_do_not() {
    let mut installation = Installation::with_lease("3s").await;
    let _serve = installation.start("serve").await;
    let mut work = installation.start("work").await;
    for name in ["1", "2"] {
        assert_eq!(installation.send(name, Installation::SECRET).await, 200);
    }
    until_marked(&installation, "start", 2).await;
    work.kill();
    assert_eq!(installation.send("3", Installation::SECRET).await, 200);

    let _other_work = installation.start("work").await;
    until_marked(&installation, "start", 5).await;
    installation.handlers.open_gate();
    let processed = installation.until_processed(3).await;
    let mut ids: Vec<_> = processed.iter().map(|report| report.item.id.to_string()).collect();
    // The first two were under way.
    let mut started = [&ids[..2], &ids[..]].concat();
    started.sort();
    assert_eq!(installation.handlers.marked("start"), started);
    ids.sort();
    assert_eq!(installation.handlers.marked("quick"), ids);
    for report in &processed {
        assert_eq!(runs(report), [("quick", "done"), ("slow", "done")], "{}", report.item.id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_when_the_receiving_process_was_killed_is_processed() {
    let mut installation = Installation::new().await;
    let mut serve = installation.start("serve").await;
    for n in 0..20 {
        assert_eq!(installation.send(&n.to_string(), Installation::SECRET).await, 200);
    }
    serve.kill();

    installation.handlers.open_gate();
    let _work = installation.start("work").await;
    let processed = installation.until_processed(20).await;
    let mut names: Vec<_> =
        processed.iter().map(|report| report.item.dedupe_key.clone().unwrap()).collect();
    names.sort_by_key(|name| name.parse::<usize>().unwrap());
    assert!(names.into_iter().eq((0..20).map(|n| n.to_string())));
    let mut ids: Vec<_> = processed.iter().map(|report| report.item.id.to_string()).collect();
    ids.sort();
    assert_eq!(installation.handlers.marked("end"), ids);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_that_were_changed_in_their_file_are_in_force_after_a_hangup() {
    let installation = Installation::new().await;
    let serve = installation.start("serve").await;
    let (old, new) = (Installation::SECRET, "another secret that both of us have");
    assert_eq!(installation.send("1", old).await, 200);
    assert_eq!(installation.send("2", new).await, 400);

    installation.set_secret(new);
    serve.hang_up();
    until("the new secret is in force", || async {
        (installation.send("2", new).await == 200).then_some(())
    })
    .await;
    assert_eq!(installation.send("3", old).await, 400);
}
