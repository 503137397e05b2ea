//! Registrations that have time-outs and schedules of their own.

use std::time::Duration;

use postrider_domain::delivery::DeadReason;
use postrider_domain::{DeliveryState, FailureCause};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};

use crate::world::World;

#[tokio::test]
async fn a_receiver_has_the_time_that_its_registration_gives_it() {
    let mut world = World::new().await;
    world.config.timeout = Duration::from_secs(25);
    for reply in [Reply::silence(), Reply::drip(200)] {
        let endpoint = FakeEndpoint::start([reply]).await;
        let mut registration = world.registration(endpoint.target());
        registration.options.timeout = Some(Duration::from_secs(1));
        let delivery = world.deliveries_of(&registration, 1).await[0];
        world.worker().deliver(&[delivery]).await;

        let [attempt] = world.report(delivery).await.attempts.try_into().unwrap();
        assert_eq!(attempt.outcome.cause(), Some(FailureCause::Timeout));
        assert!(attempt.duration < Duration::from_secs(20), "{:?}", attempt.duration);
    }
}

#[tokio::test]
async fn a_registration_may_be_more_patient_than_the_server() {
    let mut world = World::new().await;
    world.config.timeout = Duration::from_millis(50);
    let endpoint =
        FakeEndpoint::start([Reply::status(200).after(Duration::from_millis(300))]).await;
    let mut registration = world.registration(endpoint.target());
    registration.options.timeout = Some(Duration::from_secs(25));
    let delivery = world.deliveries_of(&registration, 1).await[0];
    world.worker().deliver(&[delivery]).await;
    assert_eq!(world.report(delivery).await.delivery.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn retries_follow_the_schedule_of_their_registration() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(500)]).await;
    let mut registration = world.registration(endpoint.target());
    registration.options.retry_delays = Some([1, 7200].map(Duration::from_secs).to_vec());
    let delivery = world.deliveries_of(&registration, 1).await[0];
    let worker = world.worker();

    worker.deliver(&[delivery]).await;
    for seconds in [1, 7200] {
        let due = world.report(delivery).await.delivery.next_attempt_at.unwrap();
        assert_eq!(due, world.now() + Duration::from_secs(seconds));
        world.clock.advance(Duration::from_secs(seconds));
        worker.deliver_again(&world.due().await).await;
    }
    let report = world.report(delivery).await;
    assert_eq!(report.delivery.dead_reason, Some(DeadReason::Exhausted));
    assert_eq!(report.attempts.len(), 3);
}

#[tokio::test]
async fn a_schedule_of_nothing_is_one_attempt() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(500)]).await;
    let mut registration = world.registration(endpoint.target());
    registration.options.retry_delays = Some(Vec::new());
    let delivery = world.deliveries_of(&registration, 1).await[0];
    world.worker().deliver(&[delivery]).await;
    let delivery = world.report(delivery).await.delivery;
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Dead, 1));
}
