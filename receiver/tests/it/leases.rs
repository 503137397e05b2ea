//! Who may work on a webhook, and for how long.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use postrider_domain::InboxState;
use postrider_domain::ports::{InboxStore, Lease};

use crate::on_every_pair;
use crate::probe::{Act, Gate, Probe};
use crate::world::{World, runs};

on_every_pair! {
    a_crash_in_a_handler_repeats_that_handler_only,
    a_lease_is_prolonged_for_as_long_as_a_handler_runs,
    nothing_is_begun_after_the_lease_was_lost,
    a_processor_that_stops_finishes_its_handler_and_gives_back_the_rest,
    a_record_whose_answer_is_lost_is_made_once,
    a_handler_that_ends_while_its_lease_cannot_be_prolonged_is_recorded,
    no_lease_is_prolonged_while_a_run_is_recorded,
}

async fn a_crash_in_a_handler_repeats_that_handler_only(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let second = Probe::always("second", 2, Act::Hang);
    let processor = world.processor([&first, &second]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    second.until_runs(1).await;
    processor.crash().await;

    let after = Probe::always("second", 2, Act::Succeed);
    let (_processor, _scheduler) = (world.processor([&first, &after]).await, world.announcing());
    world.clock.advance(world.config.lease.max(world.config.rescue_after));
    let all = world.until_processed(1).await;
    assert_eq!(runs(&all[0]), [("first", "done"), ("second", "done")]);
    // The interrupted run did not count as a failure.
    assert_eq!((first.attempts(), after.attempts()), (vec![1], vec![1]));
}

async fn a_lease_is_prolonged_for_as_long_as_a_handler_runs(mut world: World) {
    world.config.lease = Duration::from_millis(60);
    let gate = Gate::closed();
    let first = Probe::always("first", 1, Act::Wait(Arc::clone(&gate)));
    let _processor = world.processor([&first]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    first.until_runs(1).await;
    let item = world.only().await.item.id;
    for _ in 0..3 {
        world.clock.advance(Duration::from_millis(50));
        // One that began before the clock was moved may end after it.
        let prolonged = world.store.prolonged.load(Ordering::SeqCst);
        world.until(|_| world.store.prolonged.load(Ordering::SeqCst) >= prolonged + 2).await;
    }
    let lease = Lease { token: world.ids.next(), until: world.now() + Duration::from_secs(1) };
    let claim = world.store.claim_inbox(&[item], lease, world.now(), world.now()).await.unwrap();
    assert!(claim.items.is_empty(), "more than two lengths of the lease have gone by");
    gate.open();
    world.until_processed(1).await;
}

async fn nothing_is_begun_after_the_lease_was_lost(mut world: World) {
    world.config.lease = Duration::from_millis(60);
    let gate = Gate::closed();
    let first = Probe::always("first", 1, Act::Wait(Arc::clone(&gate)));
    let second = Probe::always("second", 2, Act::Succeed);
    let processor = world.processor([&first, &second]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    first.until_runs(1).await;
    let item = world.only().await.item.id;
    // Somebody takes it at a moment when it is not prolonged in time.
    let taken = async {
        loop {
            world.clock.advance(Duration::from_millis(61));
            let until = world.now() + Duration::from_hours(1);
            let lease = Lease { token: world.ids.next(), until };
            let now = world.now();
            let claim = world.store.claim_inbox(&[item], lease, now, now).await.unwrap();
            if !claim.items.is_empty() {
                return;
            }
        }
    };
    tokio::time::timeout(crate::world::PATIENCE, taken).await.expect("it can be taken");
    let lost = || world.counter("postrider_inbox_leases_lost_total") > 0.0;
    let prolonged = world.store.prolonged.load(Ordering::SeqCst);
    world.until(|_| world.store.prolonged.load(Ordering::SeqCst) > prolonged || lost()).await;

    gate.open();
    let all = world.until_runs(1).await;
    assert_eq!(runs(&all[0]), [("first", "done")]);
    assert_eq!(all[0].state, InboxState::Pending);
    processor.stop();
    processor.ended().await;
    assert_eq!(second.runs(), 0);
    assert!((world.counter("postrider_inbox_leases_lost_total") - 1.0).abs() < f64::EPSILON);
}

async fn a_processor_that_stops_finishes_its_handler_and_gives_back_the_rest(world: World) {
    let gate = Gate::closed();
    let first = Probe::always("first", 1, Act::Wait(Arc::clone(&gate)));
    let second = Probe::always("second", 2, Act::Succeed);
    let processor = world.processor([&first, &second]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    first.until_runs(1).await;
    processor.stop();
    gate.open();
    processor.ended().await;
    let report = world.only().await;
    assert_eq!(runs(&report), [("first", "done")]);
    assert_eq!(report.due_at, Some(world.now()));
    assert_eq!(second.runs(), 0);

    // Nobody has to wait for a lease to end.
    let (_processor, _scheduler) = (world.processor([&first, &second]).await, world.announcing());
    world.until_processed(1).await;
    assert_eq!((first.runs(), second.runs()), (1, 1));
}

async fn a_record_whose_answer_is_lost_is_made_once(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let second = Probe::always("second", 2, Act::Succeed);
    world.store.lost_records.store(3, Ordering::SeqCst);
    let processor = world.processor([&first, &second]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until_processed(1).await;
    assert_eq!(runs(&all[0]), [("first", "done"), ("second", "done")]);
    processor.stop();
    processor.ended().await;
    assert_eq!((first.runs(), second.runs()), (1, 1));
}

async fn a_handler_that_ends_while_its_lease_cannot_be_prolonged_is_recorded(mut world: World) {
    world.config.lease = Duration::from_millis(30);
    world.store.prolonging_hangs.store(true, Ordering::SeqCst);
    let gate = Gate::closed();
    let first = Probe::always("first", 1, Act::Wait(Arc::clone(&gate)));
    let _processor = world.processor([&first]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    first.until_runs(1).await;
    world.until(|_| world.store.prolonging.load(Ordering::SeqCst) > 0).await;
    gate.open();
    let all = world.until_processed(1).await;
    assert_eq!(runs(&all[0]), [("first", "done")]);
    assert_eq!(world.store.prolonged.load(Ordering::SeqCst), 0);
}

async fn no_lease_is_prolonged_while_a_run_is_recorded(mut world: World) {
    world.config.lease = Duration::from_millis(15);
    // Four times as long as it is between two prolongations.
    world.store.record_millis.store(20, Ordering::SeqCst);
    let first = Probe::always("first", 1, Act::Succeed);
    let second = Probe::always("second", 2, Act::Succeed);
    let processor = world.processor([&first, &second]).await;
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    let all = world.until_processed(1).await;
    assert_eq!(runs(&all[0]), [("first", "done"), ("second", "done")]);
    processor.stop();
    processor.ended().await;
    assert_eq!(world.store.prolonged_meanwhile.load(Ordering::SeqCst), 0);
    assert!(world.counter("postrider_inbox_leases_lost_total").abs() < f64::EPSILON);
}
