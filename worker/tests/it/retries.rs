//! When a failed delivery is tried again, and when it is given up.

use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::Verdict;
use postrider_domain::{DeliveryId, DeliveryState, FailureCause, Timestamp};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};

use crate::hand::Hand;
use crate::running::RunningWorker;
use crate::world::World;

/// Moves the clock to the next attempt and makes it; returns how long that was.
async fn next_attempt(
    world: &World,
    worker: &RunningWorker<Hand>,
    delivery: DeliveryId,
) -> Duration {
    let at = world.report(delivery).await.delivery.next_attempt_at.expect("an attempt follows");
    let wait = at.since(world.now());
    world.clock.advance(wait.saturating_sub(Duration::from_micros(1)));
    assert_eq!(world.due().await, [], "nothing is due before its time");
    world.clock.advance(Duration::from_micros(1));
    assert_eq!(world.due().await, [delivery]);
    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Ack);
    wait
}

#[tokio::test]
async fn a_receiver_that_always_fails_is_tried_four_times_and_then_given_up() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(500)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();

    worker.deliver(&[delivery]).await;
    for seconds in [10, 60, 360] {
        let waited = next_attempt(&world, &worker, delivery).await;
        assert_eq!(waited, Duration::from_secs(seconds));
    }

    let report = world.report(delivery).await;
    assert_eq!(report.delivery.state, DeliveryState::Dead);
    assert_eq!(report.delivery.dead_reason, Some(DeadReason::Exhausted));
    assert_eq!(report.attempts.len(), 4);
    world.clock.advance(Duration::from_hours(24));
    assert_eq!(world.due().await, []);
    assert_eq!(worker.counter("postrider_deliveries_settled_total", "retry"), 3);
    assert_eq!(worker.counter("postrider_deliveries_settled_total", "exhausted"), 1);
}

#[tokio::test]
async fn every_attempt_has_its_own_number_time_and_signature_and_the_same_id() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(500), Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();

    worker.deliver(&[delivery]).await;
    next_attempt(&world, &worker, delivery).await;

    let [first, second] = endpoint.requests().try_into().unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    assert_ne!(first.header("webhook-timestamp"), second.header("webhook-timestamp"));
    assert_ne!(first.header("webhook-signature"), second.header("webhook-signature"));
    assert_ne!(first.header("ms-signature"), second.header("ms-signature"));
    assert!(String::from_utf8_lossy(&second.body).contains("\"Attempt\": 2"));
    assert_eq!(world.report(delivery).await.delivery.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn retries_of_many_deliveries_are_spread_by_jitter() {
    let mut world = World::new().await;
    world.config.retry_jitter = 0.1;
    let endpoint = FakeEndpoint::start([Reply::status(500)]).await;
    let deliveries = world.deliveries_to(endpoint.target(), 20).await;
    world.worker().deliver(&deliveries).await;

    let mut moments: Vec<Timestamp> = Vec::new();
    for delivery in deliveries {
        let at = world.report(delivery).await.delivery.next_attempt_at.unwrap();
        let seconds = at.since(world.now()).as_secs_f64();
        assert!((9.0..=11.0).contains(&seconds), "{seconds}");
        moments.push(at);
    }
    moments.sort();
    moments.dedup();
    assert!(moments.len() > 15, "{moments:?}");
}

#[tokio::test]
async fn gone_ends_a_delivery_at_once() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(410)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;

    world.worker().deliver(&[delivery]).await;

    let report = world.report(delivery).await;
    assert_eq!(report.delivery.state, DeliveryState::Dead);
    assert_eq!(report.delivery.dead_reason, Some(DeadReason::Gone));
    assert_eq!(report.attempts.len(), 1);
    assert_eq!(report.attempts[0].outcome.cause(), Some(FailureCause::HttpStatus));
}

#[tokio::test]
async fn a_retry_waits_for_the_longer_of_schedule_and_retry_after() {
    let world = World::new().await;
    for (retry_after, seconds) in [
        ("5", 10),
        ("90", 90),
        ("Sat, 21 Nov 2026 08:02:00 GMT", 120),
        ("Sat, 21 Nov 2026 07:00:00 GMT", 10),
        ("999999", 3600),
        ("soon", 10),
    ] {
        let reply = Reply::status(503).header("Retry-After", retry_after);
        let endpoint = FakeEndpoint::start([reply]).await;
        let delivery = world.delivery_to(endpoint.target()).await;
        world.worker().deliver(&[delivery]).await;
        let at = world.report(delivery).await.delivery.next_attempt_at.unwrap();
        assert_eq!(at, world.now() + Duration::from_secs(seconds), "{retry_after}");
    }
}

#[tokio::test]
async fn a_replay_gives_a_delivery_all_its_attempts_again() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(500)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();
    worker.deliver(&[delivery]).await;
    for _ in 0..3 {
        next_attempt(&world, &worker, delivery).await;
    }
    assert_eq!(world.report(delivery).await.delivery.state, DeliveryState::Dead);

    world.clock.advance(Duration::from_secs(1));
    world.replay(delivery).await;
    worker.deliver(&[delivery]).await;
    for seconds in [10, 60, 360] {
        let waited = next_attempt(&world, &worker, delivery).await;
        assert_eq!(waited, Duration::from_secs(seconds));
    }

    let report = world.report(delivery).await;
    assert_eq!(report.delivery.state, DeliveryState::Dead);
    let numbers: Vec<u16> = report.attempts.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[tokio::test]
async fn how_long_it_took_to_deliver_counts_from_the_acceptance_and_not_for_what_is_sent_again() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(500), Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();
    let latencies = || {
        let families = worker.registry.gather();
        let name = "postrider_delivery_latency_seconds";
        let family = families.iter().find(|family| family.name() == name).unwrap();
        let latencies = family.get_metric()[0].get_histogram();
        (latencies.get_sample_count(), latencies.get_sample_sum())
    };

    worker.deliver(&[delivery]).await;
    assert_eq!(latencies().0, 0, "it is not delivered yet");
    let waited = next_attempt(&world, &worker, delivery).await;
    let (count, seconds) = latencies();
    assert_eq!(count, 1);
    assert!((waited.as_secs_f64()..waited.as_secs_f64() + 5.0).contains(&seconds), "{seconds}");

    world.replay(delivery).await;
    worker.deliver(&[delivery]).await;
    assert_eq!(endpoint.requests().len(), 3);
    assert_eq!(latencies().0, 1);
}
