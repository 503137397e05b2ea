//! What becomes of messages, whatever becomes of the worker, the store or the receiver.

use std::time::Duration;

use bytes::Bytes;
use postrider_domain::DeliveryState;
use postrider_domain::ports::{QueueError, Verdict};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};

use crate::world::World;

#[tokio::test]
async fn a_message_is_settled_once_and_only_when_all_its_deliveries_are_recorded() {
    let world = World::new().await;
    let quick = FakeEndpoint::start([Reply::status(200)]).await;
    let slow = FakeEndpoint::start([Reply::status(200).held()]).await;
    let first = world.delivery_to(quick.target()).await;
    let second = world.delivery_to(slow.target()).await;
    let worker = world.worker();

    let verdicts = worker.hand.send(&[first, second]);
    quick.wait_for(1).await;
    slow.wait_for(1).await;
    assert!(!verdicts.is_settled());
    slow.release();
    assert_eq!(verdicts.only().await, Verdict::Ack);
    for delivery in [first, second] {
        assert_eq!(world.report(delivery).await.delivery.state, DeliveryState::Delivered);
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_read_goes_to_the_dead_queue_and_the_next_one_is_taken() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();

    let verdicts = worker.hand.send_raw(Bytes::from_static(b"{\"v\":99}"));
    assert_eq!(verdicts.only().await, Verdict::DeadLetter);
    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Ack);
    assert_eq!(worker.counter("postrider_worker_messages_total", "dead_letter"), 1);
}

#[tokio::test]
async fn an_empty_message_is_acknowledged() {
    let world = World::new().await;
    assert_eq!(world.worker().deliver(&[]).await, Verdict::Ack);
}

#[tokio::test]
async fn no_more_is_claimed_than_there_are_slots() {
    let mut world = World::new().await;
    world.config.concurrency = 3;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let deliveries = world.deliveries_to(endpoint.target(), 30).await;
    assert_eq!(world.worker().deliver(&deliveries).await, Verdict::Ack);
    assert_eq!(endpoint.requests().len(), 30);
    assert!((1..=3).contains(&world.faults().most_held), "{}", world.faults().most_held);
}

#[tokio::test]
async fn a_store_that_does_not_answer_for_a_moment_is_waited_for() {
    let mut world = World::new().await;
    world.config.store_retries = 3;
    world.faults().unavailable_claims = 2;
    world.faults().unavailable_records = 2;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;

    assert_eq!(world.worker().deliver(&[delivery]).await, Verdict::Ack);
    assert_eq!(endpoint.requests().len(), 1);
    assert_eq!(world.report(delivery).await.attempts.len(), 1);
}

#[tokio::test]
async fn a_claim_that_fails_puts_the_message_back_and_sends_nothing() {
    let world = World::new().await;
    world.faults().unavailable_claims = 1;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();

    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Requeue);
    assert_eq!(endpoint.requests().len(), 0);
    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Ack);
    assert_eq!(endpoint.requests().len(), 1);
}

#[tokio::test]
async fn a_claim_that_is_refused_ends_the_message_visibly() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    world.faults().refused_claim = Some(delivery);
    let worker = world.worker();
    assert_eq!(worker.deliver(&[delivery]).await, Verdict::DeadLetter);
    assert_eq!(worker.counter("postrider_claim_failures_total", ""), 1);
}

#[tokio::test]
async fn an_attempt_that_could_not_be_recorded_is_made_again_once_its_lease_is_over() {
    let world = World::new().await;
    world.faults().unavailable_records = 1;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();

    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Requeue);
    // Until then nobody else may have it: we might still be at work.
    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Ack);
    assert_eq!(endpoint.requests().len(), 1);

    world.clock.advance(world.config.lease);
    assert_eq!(world.due().await, [delivery]);
    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Ack);
    let [first, second] = endpoint.requests().try_into().unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_eq!(world.report(delivery).await.delivery.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn an_attempt_that_the_store_refuses_keeps_no_other_from_being_recorded() {
    let mut world = World::new().await;
    // One record at a time, so that what ends meanwhile is in one batch.
    world.config.max_concurrent_records = 1;
    let endpoint = FakeEndpoint::start([Reply::status(200).held()]).await;
    let deliveries = world.deliveries_to(endpoint.target(), 10).await;
    world.faults().refused_record = Some(deliveries[4]);
    let worker = world.worker();

    let verdicts = worker.hand.send(&deliveries);
    endpoint.wait_for(10).await;
    endpoint.release();
    assert_eq!(verdicts.only().await, Verdict::DeadLetter);
    for (index, delivery) in deliveries.iter().enumerate() {
        let attempts = world.report(*delivery).await.attempts.len();
        assert_eq!(attempts, usize::from(index != 4), "{index}");
    }
    assert_eq!(worker.counter("postrider_record_failures_total", ""), 1);
}

#[tokio::test]
async fn a_delivery_whose_lease_ran_out_while_it_was_claimed_is_not_sent() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let claim = world.config.lease.saturating_sub(world.config.timeout);
    world.faults().slow_claims = Some((world.clock.clone(), claim));
    let worker = world.worker();

    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Requeue);
    assert_eq!(endpoint.requests().len(), 0);
    assert_eq!(worker.counter("postrider_leases_lost_total", ""), 1);
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_of_a_request_loses_nothing() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200).held()]).await;
    let delivery = world.delivery_to(endpoint.target()).await;

    // A runtime of its own, which ends as suddenly as a process.
    let doomed = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let worker = {
        let _entered = doomed.enter();
        world.worker()
    };
    let verdicts = worker.hand.send(&[delivery]);
    endpoint.wait_for(1).await;
    doomed.shutdown_background();
    assert_eq!(verdicts.only().await, Verdict::Requeue);

    let report = world.report(delivery).await;
    assert_eq!((report.delivery.state, report.attempts.len()), (DeliveryState::Pending, 0));
    endpoint.release();
    world.clock.advance(world.config.lease);
    assert_eq!(world.due().await, [delivery]);
    assert_eq!(world.worker().deliver(&[delivery]).await, Verdict::Ack);
    let report = world.report(delivery).await;
    assert_eq!((report.delivery.state, report.attempts.len()), (DeliveryState::Delivered, 1));
}

#[tokio::test]
async fn shutting_down_finishes_what_is_in_flight_and_puts_the_rest_back() {
    let mut world = World::new().await;
    world.config.concurrency = 1;
    let endpoint = FakeEndpoint::start([Reply::status(200).held()]).await;
    let deliveries = world.deliveries_to(endpoint.target(), 2).await;
    let worker = world.worker();

    let verdicts = worker.hand.send(&deliveries);
    endpoint.wait_for(1).await;
    worker.shutdown.cancel();
    assert!(!worker.task.is_finished());
    endpoint.release();
    worker.task.await.unwrap().unwrap();

    assert_eq!(verdicts.only().await, Verdict::Requeue);
    assert_eq!(endpoint.requests().len(), 1);
    assert_eq!(world.report(deliveries[0]).await.delivery.state, DeliveryState::Delivered);
    assert_eq!(world.report(deliveries[1]).await.attempts.len(), 0);
}

#[tokio::test]
async fn a_queue_that_is_closed_ends_the_worker_after_what_is_in_flight() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200).held()]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();

    let verdicts = worker.hand.send(&[delivery]);
    endpoint.wait_for(1).await;
    drop(worker.hand);
    endpoint.release();
    assert!(matches!(worker.task.await.unwrap(), Err(QueueError::Closed)));
    assert_eq!(verdicts.only().await, Verdict::Ack);
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_no_other_delivery_up() {
    let mut world = World::new().await;
    world.config.timeout = Duration::from_secs(20);
    let hanging = FakeEndpoint::start([Reply::silence()]).await;
    let healthy = FakeEndpoint::start([Reply::status(200)]).await;
    let stuck = world.deliveries_to(hanging.target(), 10).await;
    let others = world.deliveries_to(healthy.target(), 10).await;
    let worker = world.worker();

    let waiting = worker.hand.send(&stuck);
    hanging.wait_for(10).await;
    assert_eq!(worker.deliver(&others).await, Verdict::Ack);
    assert!(!waiting.is_settled());
}
