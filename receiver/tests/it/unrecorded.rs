//! Runs that cannot be recorded, and clocks that differ.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use postrider_domain::ports::QueueName;
use postrider_testkit::clock::MockClock;

use crate::crowds::message;
use crate::on_every_pair;
use crate::probe::{Act, Probe};
use crate::world::{World, runs};

on_every_pair! {
    a_run_that_cannot_be_recorded_is_made_again_later_and_not_before,
    nothing_new_is_begun_until_the_store_takes_back_what_it_did_not_record,
    a_webhook_of_a_clock_that_is_ahead_by_seconds_is_processed_at_once,
}

async fn a_run_that_cannot_be_recorded_is_made_again_later_and_not_before(mut world: World) {
    const PAUSES: [Duration; 2] = [Duration::from_mins(1), Duration::from_mins(2)];
    world.config.store_retries = 0;
    world.store.refuses_records.store(true, Ordering::SeqCst);
    let first = Probe::always("first", 1, Act::Succeed);
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    let inbox = world.inbox();
    inbox.accept(&world.webhook("", "a")).await.unwrap();
    // Messages: the first one, those of the scheduler and those below.
    for (run, (pause, settled)) in PAUSES.into_iter().zip([2.0, 4.0]).enumerate() {
        first.until_runs(run + 1).await;
        let due = world.now() + pause;
        let all = world.until(|all| all[0].due_at == Some(due)).await;

        // A message that names it once more does not make it run.
        let messages = vec![message(vec![all[0].item.id])];
        world.queue.publisher().publish(QueueName::Inbox, messages).await.unwrap();
        world.until_counter("postrider_inbox_messages_total", settled).await;
        assert_eq!(first.runs(), run + 1);
        if run == 1 {
            world.store.refuses_records.store(false, Ordering::SeqCst);
        }
        world.clock.advance(pause);
    }
    let all = world.until_processed(1).await;
    assert_eq!(runs(&all[0]), [("first", "done")]);
    assert_eq!(first.attempts(), [1, 1, 1]);
    assert!((world.counter("postrider_inbox_record_failures_total") - 2.0).abs() < f64::EPSILON);
}

async fn nothing_new_is_begun_until_the_store_takes_back_what_it_did_not_record(mut world: World) {
    world.config.store_retries = 0;
    world.store.refuses_records.store(true, Ordering::SeqCst);
    world.store.refuses_releases.store(true, Ordering::SeqCst);
    let first = Probe::always("first", 1, Act::Succeed);
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    let inbox = world.inbox();
    inbox.accept(&world.webhook("", "a")).await.unwrap();
    let releases = |count| world.store.releases.load(Ordering::SeqCst) >= count;
    world.until(|_| releases(1)).await;
    inbox.accept(&world.webhook("", "b")).await.unwrap();
    world.until(|_| releases(4)).await;
    assert_eq!(first.runs(), 1);

    world.store.refuses_records.store(false, Ordering::SeqCst);
    world.store.refuses_releases.store(false, Ordering::SeqCst);
    world.until_processed(1).await;
    assert_eq!(first.runs(), 2);
    world.until_over().await;
    assert_eq!(first.runs(), 3);
}

async fn a_webhook_of_a_clock_that_is_ahead_by_seconds_is_processed_at_once(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let _processor = world.processor([&first]).await;
    let of = |ahead| {
        let clock = Arc::new(MockClock::new(world.now() + Duration::from_secs(ahead)));
        world.inbox_of(world.queue.publisher(), clock)
    };
    of(5).accept(&world.webhook("", "a")).await.unwrap();
    world.until_processed(1).await;

    // By more than that it waits for the scheduler.
    of(6).accept(&world.webhook("", "b")).await.unwrap();
    world.until_counter("postrider_inbox_messages_total", 2.0).await;
    assert_eq!(first.runs(), 1);
}
