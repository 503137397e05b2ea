//! New deliveries never wait behind those that come again.

use postrider_domain::ports::Verdict;
use postrider_testkit::endpoint::{FakeEndpoint, Reply};

use crate::world::World;

#[tokio::test]
async fn what_comes_again_uses_half_of_the_slots_and_what_is_new_has_the_others() {
    let mut world = World::new().await;
    world.config.concurrency = 4;
    let hanging = FakeEndpoint::start([Reply::status(200).held()]).await;
    let healthy = FakeEndpoint::start([Reply::status(200)]).await;
    let mut waiting = Vec::new();
    let worker = world.worker();
    for _ in 0..5 {
        let delivery = world.delivery_to(hanging.target()).await;
        waiting.push(worker.retries.send(&[delivery]));
    }
    hanging.wait_for(2).await;

    let fresh = world.deliveries_to(healthy.target(), 20).await;
    assert_eq!(worker.deliver(&fresh).await, Verdict::Ack);
    assert_eq!(hanging.requests().len(), 2);
    assert!(waiting.iter().all(|verdicts| !verdicts.is_settled()));

    hanging.release();
    for verdicts in waiting {
        assert_eq!(verdicts.only().await, Verdict::Ack);
    }
    assert_eq!(worker.counter("postrider_worker_deliveries_total", "fresh"), 20);
    assert_eq!(worker.counter("postrider_worker_deliveries_total", "retries"), 5);
}

#[tokio::test]
async fn what_is_new_may_use_all_slots_and_what_comes_again_has_its_turn() {
    let mut world = World::new().await;
    world.config.concurrency = 4;
    let held = async || FakeEndpoint::start([Reply::status(200).held()]).await;
    let (one, two, others) = (held().await, held().await, held().await);
    let healthy = FakeEndpoint::start([Reply::status(200)]).await;
    let again = world.delivery_to(healthy.target()).await;
    // Each to a registration of its own, so that none is held for want of a place.
    let mut fresh = Vec::new();
    for endpoint in [&one, &two].into_iter().chain([&others; 8]) {
        fresh.push(world.delivery_to(endpoint.target()).await);
    }
    // All of it is there before the worker begins: a lane without deliveries keeps one slot ready.
    let worker = world.worker();
    let waiting: Vec<_> = fresh.chunks(1).map(|delivery| worker.hand.send(delivery)).collect();
    worker.until_in_flight(4).await;
    let again = worker.retries.send(&[again]);

    // Two slots come free while more that is new waits than there are slots.
    one.release();
    two.release();
    assert_eq!(again.only().await, Verdict::Ack);
    assert!(others.requests().len() <= 4);
    assert!(waiting[2..].iter().all(|verdicts| !verdicts.is_settled()));
    others.release();
    for verdicts in waiting {
        assert_eq!(verdicts.only().await, Verdict::Ack);
    }
}

#[tokio::test]
async fn a_shutdown_waits_for_what_is_in_flight_in_both_lanes() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200).held()]).await;
    let [fresh, again] = world.deliveries_to(endpoint.target(), 2).await.try_into().unwrap();
    let worker = world.worker();
    let fresh = worker.hand.send(&[fresh]);
    let again = worker.retries.send(&[again]);
    endpoint.wait_for(2).await;

    worker.shutdown.cancel();
    endpoint.release();
    worker.task.await.unwrap().unwrap();
    assert_eq!(fresh.only().await, Verdict::Ack);
    assert_eq!(again.only().await, Verdict::Ack);
}

#[tokio::test]
async fn when_one_queue_is_closed_the_other_is_left_too() {
    let world = World::new().await;
    let worker = world.worker();
    drop(worker.retries);
    assert!(worker.task.await.unwrap().is_err());
}
