//! The way of a webhook through its handlers.

use std::time::Duration;

use postrider_domain::ports::InboxStore;
use postrider_domain::{InboxState, ReceiverAddress};
use postrider_receiver::inbox::{NO_HANDLER, READING};

use crate::on_every_pair;
use crate::probe::{Act, Panicking, Probe};
use crate::world::{DELAYS, World, runs};

on_every_pair! {
    a_handler_that_fails_twice_runs_three_times_and_the_one_before_it_once,
    a_handler_that_fails_for_good_is_dead_and_a_replay_runs_all_again,
    a_handler_that_goes_on_failing_is_dead_at_the_end_of_the_schedule,
    a_handler_that_asks_for_more_time_has_it_up_to_the_bound,
    a_handler_that_sets_a_response_ends_the_chain,
    a_webhook_without_handlers_is_processed_at_once,
    a_webhook_whose_receiver_is_unknown_is_read_again_by_the_schedule_and_then_dead,
    a_webhook_that_makes_its_receiver_panic_is_dead,
    a_handler_that_panics_while_it_is_asked_leaves_the_webhook_dead,
    failures_are_counted_for_each_handler,
    a_handler_that_panics_has_failed,
    a_handler_that_takes_too_long_has_failed,
}

async fn a_handler_that_fails_twice_runs_three_times_and_the_one_before_it_once(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let second = Probe::new("second", 2, |context| match context.attempt {
        1 | 2 => Act::Fail,
        _ => Act::Succeed,
    });
    let third = Probe::always("third", 3, Act::Succeed);
    let (_processor, _scheduler) =
        (world.processor([&third, &second, &first]).await, world.announcing());
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    world.until_runs(2).await;
    let report = world.only().await;
    assert_eq!((report.state, report.due_at), (InboxState::Pending, Some(world.now() + DELAYS[0])));
    assert_eq!(report.runs[1].outcome.error(), Some("no luck"));

    world.clock.advance(DELAYS[0]);
    world.until_runs(3).await;
    world.clock.advance(DELAYS[1]);
    let all = world.until_processed(1).await;
    let expected = [
        ("first", "done"),
        ("second", "failed"),
        ("second", "failed"),
        ("second", "done"),
        ("third", "done"),
    ];
    assert_eq!(runs(&all[0]), expected);
    assert_eq!(all[0].runs.iter().map(|run| run.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(first.attempts(), [1]);
    assert_eq!(second.attempts(), [1, 2, 3]);
    assert_eq!(third.attempts(), [1]);
}

async fn a_handler_that_fails_for_good_is_dead_and_a_replay_runs_all_again(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let second = Probe::always("second", 2, Act::FailForGood);
    let (_processor, _scheduler) = (world.processor([&first, &second]).await, world.announcing());
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until(|all| all[0].state == InboxState::Dead).await;
    assert_eq!(all[0].runs[1].outcome.error(), Some("never"));
    assert_eq!(all[0].due_at, None);

    world.store.replay_inbox(all[0].item.id, world.now()).await.unwrap();
    let all = world.until(|all| all[0].runs.len() == 4).await;
    let again = [("first", "done"), ("second", "failed")];
    assert_eq!(runs(&all[0])[2..], again);
    assert_eq!((first.attempts(), second.attempts()), (vec![1, 1], vec![1, 1]));
}

async fn a_handler_that_goes_on_failing_is_dead_at_the_end_of_the_schedule(world: World) {
    let first = Probe::always("first", 1, Act::Fail);
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    for (made, delay) in DELAYS.iter().enumerate() {
        world.until_runs(made + 1).await;
        world.clock.advance(*delay);
    }
    world.until(|all| all[0].state == InboxState::Dead).await;
    assert_eq!(first.attempts(), [1, 2, 3]);
}

async fn a_handler_that_asks_for_more_time_has_it_up_to_the_bound(mut world: World) {
    world.config.max_retry_after = Duration::from_hours(2);
    let first = Probe::new("first", 1, |context| match context.attempt {
        1 => Act::FailAfter(Duration::from_hours(1)),
        _ => Act::FailAfter(Duration::from_hours(9)),
    });
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    world.until_runs(1).await;
    assert_eq!(world.only().await.due_at, Some(world.now() + Duration::from_hours(1)));
    world.clock.advance(Duration::from_hours(1));
    world.until_runs(2).await;
    assert_eq!(world.only().await.due_at, Some(world.now() + Duration::from_hours(2)));
}

async fn a_handler_that_sets_a_response_ends_the_chain(world: World) {
    let (first, second) =
        (Probe::always("first", 1, Act::Stop), Probe::always("second", 2, Act::Succeed));
    let _processor = world.processor([&first, &second]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until_processed(1).await;
    assert_eq!(runs(&all[0]), [("first", "stopped")]);
    assert_eq!(second.runs(), 0);
}

async fn a_webhook_without_handlers_is_processed_at_once(world: World) {
    let _processor = world.processor([]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until_processed(1).await;
    assert_eq!(runs(&all[0]), [(NO_HANDLER, "done")]);
}

async fn a_webhook_whose_receiver_is_unknown_is_read_again_by_the_schedule_and_then_dead(
    world: World,
) {
    let first = Probe::always("first", 1, Act::Succeed);
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    let mut webhook = world.webhook("", "a");
    webhook.address = ReceiverAddress::new("gone", "");
    world.inbox().accept(&webhook).await.unwrap();
    for (made, delay) in DELAYS.iter().enumerate() {
        world.until_runs(made + 1).await;
        assert_eq!(world.only().await.due_at, Some(world.now() + *delay));
        world.clock.advance(*delay);
    }
    let all = world.until(|all| all[0].state == InboxState::Dead).await;
    assert_eq!(runs(&all[0]), [(READING, "failed"); 3]);
    let error = all[0].runs[0].outcome.error().unwrap();
    assert!(error.contains("There is no such receiver"), "{error}");
    assert_eq!(first.runs(), 0);
}

async fn a_handler_that_panics_has_failed(world: World) {
    let first = Probe::new("first", 1, |context| match context.attempt {
        1 => Act::Panic,
        _ => Act::Succeed,
    });
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until_runs(1).await;
    assert_eq!(all[0].runs[0].outcome.error(), Some("the handler panicked"));
    world.clock.advance(DELAYS[0]);
    let all = world.until_processed(1).await;
    assert_eq!(runs(&all[0]), [("first", "failed"), ("first", "done")]);
}

async fn a_handler_that_takes_too_long_has_failed(mut world: World) {
    world.config.handler_timeout = Duration::from_millis(10);
    let first = Probe::new("first", 1, |context| match context.attempt {
        1 => Act::Hang,
        _ => Act::Succeed,
    });
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until_runs(1).await;
    assert_eq!(all[0].runs[0].outcome.error(), Some("the handler did not end within 0.01 s"));
    world.clock.advance(DELAYS[0]);
    world.until_processed(1).await;
}

async fn a_webhook_that_makes_its_receiver_panic_is_dead(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let _processor = world.processor([&first]).await;
    let mut webhook = world.webhook("", "a");
    webhook.address = ReceiverAddress::new(Panicking::NAME, "");
    world.inbox().accept(&webhook).await.unwrap();
    let all = world.until(|all| all[0].state == InboxState::Dead).await;
    assert_eq!(runs(&all[0]), [(READING, "failed")]);
    let error = all[0].runs[0].outcome.error().unwrap();
    assert!(error.contains("panicked") && !error.contains("secret"), "{error}");
    assert_eq!(first.runs(), 0);
}

async fn a_handler_that_panics_while_it_is_asked_leaves_the_webhook_dead(world: World) {
    let first = Probe::always("first", 1, Act::PanicWhenAsked);
    let _processor = world.processor([&first]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until(|all| all[0].state == InboxState::Dead).await;
    assert_eq!(runs(&all[0]), [(READING, "failed")]);
    let error = all[0].runs[0].outcome.error().unwrap();
    assert!(error.contains("panicked") && !error.contains("secret"), "{error}");
    assert_eq!(first.runs(), 0);
}

async fn failures_are_counted_for_each_handler(world: World) {
    let second = Probe::always("second", 2, Act::Fail);
    let processor = world.processor([&second]).await;
    let scheduler = world.announcing();
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    world.until_runs(1).await;
    world.clock.advance(DELAYS[0]);
    world.until_runs(2).await;
    processor.stop();
    processor.ended().await;

    // A handler is added before it. Its first failure is not the third one.
    let first = Probe::new("first", 1, |context| match context.attempt {
        1 => Act::Fail,
        _ => Act::Succeed,
    });
    let _processor = world.processor([&first, &second]).await;
    world.clock.advance(DELAYS[1]);
    world.until_runs(3).await;
    let report = world.only().await;
    assert_eq!((report.state, report.due_at), (InboxState::Pending, Some(world.now() + DELAYS[0])));
    world.clock.advance(DELAYS[0]);
    world.until_runs(5).await;
    // Its success ended the row of failures.
    assert_eq!(world.only().await.due_at, Some(world.now() + DELAYS[0]));
    assert_eq!((first.attempts(), second.attempts()), (vec![1, 2], vec![1, 2, 1]));
    drop(scheduler);
}
