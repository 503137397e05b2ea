//! A receiver that hangs keeps nobody else's deliveries waiting.

use std::time::Duration;

use postrider_domain::delivery::HoldReason;
use postrider_domain::ports::Verdict;
use postrider_domain::{DeliveryId, DeliveryState};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};

use crate::world::World;

/// A world whose workers have two places for each registration, and little patience.
async fn crowded() -> World {
    let mut world = World::new().await;
    world.config.concurrency = 8;
    world.config.max_in_flight_per_registration = 2;
    world.config.busy_patience = Duration::from_millis(20);
    world.config.timeout = Duration::from_secs(25);
    world
}

async fn state(world: &World, delivery: DeliveryId) -> (DeliveryState, Option<HoldReason>) {
    let delivery = world.report(delivery).await.delivery;
    (delivery.state, delivery.hold_reason)
}

const HELD: (DeliveryState, Option<HoldReason>) = (DeliveryState::Held, Some(HoldReason::Busy));

/// Waits until so many of `deliveries` are held: the last ones are parked while others are sent.
async fn until_held(world: &World, deliveries: &[DeliveryId], count: usize) {
    let enough = async {
        loop {
            let mut held = 0;
            for delivery in deliveries {
                held += usize::from(state(world, *delivery).await == HELD);
            }
            if held >= count {
                assert_eq!(held, count);
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), enough).await.expect("they are held");
}

#[tokio::test]
async fn a_receiver_that_hangs_does_not_starve_another_one() {
    let world = crowded().await;
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let healthy = FakeEndpoint::start([Reply::status(200)]).await;
    let stuck = world.deliveries_to(hanging.target(), 100).await;
    let others = world.deliveries_to(healthy.target(), 50).await;
    let worker = world.worker();

    // Many more than there are slots, and all of them before the others.
    let waiting = worker.hand.send(&stuck);
    assert_eq!(worker.deliver(&others).await, Verdict::Ack);

    assert_eq!(healthy.requests().len(), 50);
    assert!(!waiting.is_settled());
    until_held(&world, &stuck, 98).await;
    assert_eq!(hanging.wait_for(2).await.len(), 2);
}

#[tokio::test]
async fn what_has_no_place_is_parked_and_what_comes_after_it_is_not_even_claimed() {
    let world = crowded().await;
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let deliveries = world.deliveries_to(hanging.target(), 4).await;
    let worker = world.worker();
    let in_flight = worker.hand.send(&deliveries[..2]);
    hanging.wait_for(2).await;

    assert_eq!(worker.deliver(&deliveries[2..3]).await, Verdict::Ack);
    assert_eq!(state(&world, deliveries[2]).await, HELD);
    assert_eq!(worker.counter("postrider_deliveries_parked_total", ""), 1);
    assert_eq!(worker.gauge("postrider_registrations_stalled"), 1);

    assert_eq!(worker.deliver(&deliveries[3..]).await, Verdict::Ack);
    assert_eq!(state(&world, deliveries[3]).await, HELD);
    assert_eq!(worker.counter("postrider_deliveries_parked_total", ""), 1);
    assert_eq!(worker.counter("postrider_deliveries_claimed_total", ""), 3);

    hanging.release();
    assert_eq!(in_flight.only().await, Verdict::Ack);
    assert_eq!(worker.gauge("postrider_registrations_stalled"), 0);
    let released = world.release().await;
    assert_eq!(released, deliveries[2..]);
    assert_eq!(worker.deliver_again(&released).await, Verdict::Ack);
    for delivery in deliveries {
        assert_eq!(state(&world, delivery).await, (DeliveryState::Delivered, None));
        assert_eq!(world.report(delivery).await.attempts.len(), 1);
    }
}

#[tokio::test]
async fn a_receiver_that_works_is_never_parked_though_its_places_are_few() {
    let mut world = crowded().await;
    // Less than all of them together take: whoever waits has to see that others end.
    world.config.busy_patience = Duration::from_millis(100);
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let deliveries = world.deliveries_to(endpoint.target(), 200).await;
    let worker = world.worker();

    assert_eq!(worker.deliver(&deliveries).await, Verdict::Ack);
    assert_eq!(endpoint.requests().len(), 200);
    assert_eq!(worker.counter("postrider_deliveries_parked_total", ""), 0);
}

#[tokio::test]
async fn a_registration_may_have_fewer_places_than_the_others() {
    let world = crowded().await;
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let mut registration = world.registration(hanging.target());
    registration.options.max_in_flight = Some(1);
    let deliveries = world.deliveries_of(&registration, 2).await;
    let worker = world.worker();
    let in_flight = worker.hand.send(&deliveries[..1]);
    hanging.wait_for(1).await;

    assert_eq!(worker.deliver(&deliveries[1..]).await, Verdict::Ack);
    assert_eq!(state(&world, deliveries[1]).await, HELD);
    hanging.release();
    assert_eq!(in_flight.only().await, Verdict::Ack);
}

#[tokio::test]
async fn a_parked_delivery_is_neither_an_attempt_nor_a_failure() {
    let world = crowded().await;
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let registration = world.registration(hanging.target());
    let deliveries = world.deliveries_of(&registration, 3).await;
    let worker = world.worker();
    let _in_flight = worker.hand.send(&deliveries[..2]);
    hanging.wait_for(2).await;
    worker.deliver(&deliveries[2..]).await;

    let report = world.report(deliveries[2]).await;
    assert_eq!((report.delivery.attempts, report.attempts.len()), (0, 0));
    assert_eq!(world.flow(registration.id).await.state.failing_since, None);
    assert_eq!(world.faults().reported, []);
}

#[tokio::test]
async fn a_receiver_that_takes_its_time_is_never_parked_as_long_as_its_requests_end() {
    let mut world = World::new().await;
    world.config.concurrency = 64;
    world.config.max_in_flight_per_registration = 8;
    let slow = FakeEndpoint::start([Reply::status(200).after(Duration::from_millis(200))]).await;
    let registration = world.registration(slow.target());
    let deliveries = world.deliveries_of(&registration, 33).await;
    let worker = world.worker();

    // The first one tells how long it takes; then all the others at once, four times its places.
    assert_eq!(worker.deliver(&deliveries[..1]).await, Verdict::Ack);
    assert_eq!(worker.deliver(&deliveries[1..]).await, Verdict::Ack);
    assert_eq!(worker.counter("postrider_deliveries_parked_total", ""), 0);
    assert_eq!(worker.gauge("postrider_registrations_stalled"), 0);
    for delivery in deliveries {
        assert_eq!(state(&world, delivery).await, (DeliveryState::Delivered, None));
    }
}

#[tokio::test]
async fn many_receivers_that_hang_leave_slots_for_the_next_one() {
    let mut world = World::new().await;
    world.config.concurrency = 128;
    world.config.max_in_flight_per_registration = 16;
    world.config.busy_patience = Duration::from_millis(20);
    world.config.timeout = Duration::from_secs(25);
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let healthy = FakeEndpoint::start([Reply::status(200)]).await;
    let worker = world.worker();
    let mut stuck = Vec::new();
    for _ in 0..12 {
        let deliveries = world.deliveries_to(hanging.target(), 20).await;
        stuck.push(worker.hand.send(&deliveries));
    }
    let others = world.deliveries_to(healthy.target(), 20).await;
    assert_eq!(worker.deliver(&others).await, Verdict::Ack);
    assert_eq!(healthy.requests().len(), 20);
    assert!(stuck.iter().all(|verdicts| !verdicts.is_settled()));
    let in_flight = worker.gauge("postrider_requests_in_flight");
    assert!(in_flight < 128, "{in_flight} of 128 slots");
}

#[tokio::test]
async fn a_delivery_is_parked_though_the_store_does_not_answer_at_first() {
    let mut world = crowded().await;
    world.config.store_retries = 3;
    world.faults().unavailable_parks = 2;
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let deliveries = world.deliveries_to(hanging.target(), 3).await;
    let worker = world.worker();
    let _in_flight = worker.hand.send(&deliveries[..2]);
    hanging.wait_for(2).await;

    assert_eq!(worker.deliver(&deliveries[2..]).await, Verdict::Ack);
    assert_eq!(state(&world, deliveries[2]).await, HELD);
    assert_eq!(world.faults().unavailable_parks, 0);
}
