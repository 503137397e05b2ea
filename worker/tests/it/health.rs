//! What a worker tells of receivers, and what becomes of their deliveries.

use std::time::Duration;

use postrider_domain::delivery::{DeadReason, HoldReason};
use postrider_domain::ports::Verdict;
use postrider_domain::{
    Breaker, DeliveryId, DeliveryState, DisableReason, Registration, RegistrationId, Report,
};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};

use crate::world::World;

const TRANSITIONS: &str = "postrider_registration_transitions_total";

/// A registration of an endpoint, and so many deliveries to it.
async fn registered(
    world: &World,
    endpoint: &FakeEndpoint,
    count: usize,
) -> (Registration, Vec<DeliveryId>) {
    let registration = world.registration(endpoint.target());
    let deliveries = world.deliveries_of(&registration, count).await;
    (registration, deliveries)
}

/// So many replies with this status, and then those.
fn first(count: usize, status: u16, then: &[u16]) -> Vec<Reply> {
    let first = std::iter::repeat_n(status, count);
    first.chain(then.iter().copied()).map(Reply::status).collect()
}

async fn breaker(world: &World, registration: RegistrationId) -> Breaker {
    world.flow(registration).await.state.breaker
}

#[tokio::test]
async fn a_receiver_that_fails_too_often_is_left_alone_and_a_probe_finds_it_back() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start(first(11, 503, &[200])).await;
    let (registration, deliveries) = registered(&world, &endpoint, 12).await;
    let worker = world.worker();

    worker.deliver(&deliveries[..9]).await;
    assert_eq!(breaker(&world, registration.id).await, Breaker::Closed);
    worker.deliver(&deliveries[9..10]).await;
    let until = world.now() + Duration::from_secs(30);
    assert_eq!(breaker(&world, registration.id).await, Breaker::Open { until });
    assert_eq!(worker.counter(TRANSITIONS, "opened"), 1);

    assert_eq!(worker.deliver(&deliveries[10..]).await, Verdict::Ack);
    assert_eq!(endpoint.requests().len(), 10, "nothing is sent meanwhile");
    for delivery in &deliveries[10..] {
        let delivery = world.report(*delivery).await.delivery;
        assert_eq!(delivery.hold_reason, Some(HoldReason::Breaker));
    }

    // The retries are due by now; they are held with the others.
    world.clock.advance(Duration::from_secs(30));
    let due = world.due().await;
    worker.deliver_again(&due).await;
    assert_eq!(endpoint.requests().len(), 10);

    let [probe] = world.release().await.try_into().unwrap();
    worker.deliver_again(&[probe]).await;
    let report = world.report(probe).await;
    assert_eq!(report.delivery.state, DeliveryState::Held, "a failed probe costs nothing");
    assert!(matches!(breaker(&world, registration.id).await, Breaker::Open { .. }));

    world.clock.advance(Duration::from_mins(1));
    let [probe] = world.release().await.try_into().unwrap();
    worker.deliver_again(&[probe]).await;
    assert_eq!(world.report(probe).await.delivery.state, DeliveryState::Delivered);
    assert_eq!(breaker(&world, registration.id).await, Breaker::Closed);
    assert_eq!(worker.counter(TRANSITIONS, "closed"), 1);

    let released = world.release().await;
    assert_eq!(released.len(), 11);
    worker.deliver_again(&released).await;
    for delivery in deliveries {
        assert_eq!(world.report(delivery).await.delivery.state, DeliveryState::Delivered);
    }
}

#[tokio::test]
async fn a_receiver_that_refuses_requests_is_not_left_alone() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(422)]).await;
    let (registration, deliveries) = registered(&world, &endpoint, 30).await;
    let worker = world.worker();
    worker.deliver(&deliveries).await;
    assert_eq!(endpoint.requests().len(), 30);
    assert_eq!(breaker(&world, registration.id).await, Breaker::Closed);
}

#[tokio::test]
async fn a_probe_that_is_refused_finds_the_receiver_there_and_is_tried_again_as_usual() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start(first(10, 500, &[422])).await;
    let (registration, deliveries) = registered(&world, &endpoint, 11).await;
    let worker = world.worker();
    worker.deliver(&deliveries[..10]).await;
    worker.deliver(&deliveries[10..]).await;
    world.clock.advance(Duration::from_secs(30));
    world.due().await;
    let [probe] = world.release().await.try_into().unwrap();
    worker.deliver_again(&[probe]).await;

    assert_eq!(breaker(&world, registration.id).await, Breaker::Closed);
    assert_eq!(world.report(probe).await.delivery.state, DeliveryState::Pending);
    let since = world.flow(registration.id).await.state.failing_since;
    assert_eq!(since, Some(world.now() - Duration::from_secs(30)), "it was no success");
}

#[tokio::test]
async fn the_first_failure_is_remembered_until_a_success() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(500), Reply::status(200)]).await;
    let (registration, deliveries) = registered(&world, &endpoint, 1).await;
    let worker = world.worker();

    worker.deliver(&deliveries).await;
    let failed_at = world.now();
    assert_eq!(world.flow(registration.id).await.state.failing_since, Some(failed_at));

    world.clock.advance(Duration::from_secs(10));
    worker.deliver_again(&world.due().await).await;
    assert_eq!(world.flow(registration.id).await.state.failing_since, None);
    let reported = world.faults().reported.clone();
    assert_eq!(reported, [Report::Failing { since: failed_at }, Report::Recovered]);
}

#[tokio::test]
async fn a_success_on_the_last_attempt_switches_nothing_off() {
    let mut world = World::new().await;
    world.config.disable_after = Some(Duration::from_secs(400));
    let endpoint = FakeEndpoint::start(first(3, 500, &[200])).await;
    let (registration, deliveries) = registered(&world, &endpoint, 1).await;
    let worker = world.worker();
    worker.deliver(&deliveries).await;
    for seconds in [10, 60, 360] {
        world.clock.advance(Duration::from_secs(seconds));
        worker.deliver_again(&world.due().await).await;
    }
    assert_eq!(world.report(deliveries[0]).await.delivery.state, DeliveryState::Delivered);
    assert_eq!(world.stored(registration.id).await.disabled, None);
}

#[tokio::test]
async fn nothing_but_failures_for_long_enough_switches_a_registration_off() {
    let mut world = World::new().await;
    world.config.disable_after = Some(Duration::from_secs(400));
    let endpoint = FakeEndpoint::start([Reply::status(404)]).await;
    let (registration, deliveries) = registered(&world, &endpoint, 1).await;
    let worker = world.worker();
    worker.deliver(&deliveries).await;
    for seconds in [10, 60, 360] {
        assert_eq!(world.stored(registration.id).await.disabled, None);
        world.clock.advance(Duration::from_secs(seconds));
        worker.deliver_again(&world.due().await).await;
    }
    let disabled = world.stored(registration.id).await.disabled.unwrap();
    assert_eq!(disabled.reason, DisableReason::Failing);
    assert_eq!(worker.counter(TRANSITIONS, "disabled"), 1);
}

#[tokio::test]
async fn gone_switches_the_registration_off_and_what_comes_after_is_held() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(410)]).await;
    let (registration, deliveries) = registered(&world, &endpoint, 2).await;
    let worker = world.worker();

    worker.deliver(&deliveries[..1]).await;
    let disabled = world.stored(registration.id).await.disabled.unwrap();
    assert_eq!((disabled.reason, disabled.at), (DisableReason::Gone, world.now()));
    worker.deliver(&deliveries[1..]).await;
    assert_eq!(endpoint.requests().len(), 1);
    let second = world.report(deliveries[1]).await.delivery;
    assert_eq!(second.hold_reason, Some(HoldReason::Disabled));
}

#[tokio::test]
async fn a_probe_that_finds_its_receiver_gone_is_given_up() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start(first(10, 500, &[410])).await;
    let (registration, deliveries) = registered(&world, &endpoint, 11).await;
    let worker = world.worker();
    worker.deliver(&deliveries[..10]).await;
    worker.deliver(&deliveries[10..]).await;
    world.clock.advance(Duration::from_secs(30));
    world.due().await;
    let [probe] = world.release().await.try_into().unwrap();
    worker.deliver_again(&[probe]).await;
    assert_eq!(world.report(probe).await.delivery.dead_reason, Some(DeadReason::Gone));
    assert!(world.stored(registration.id).await.disabled.is_some());
}

#[tokio::test]
async fn deliveries_that_are_given_up_are_told_once_in_a_while() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(400)]).await;
    let mut registration = world.registration(endpoint.target());
    registration.options.retry_delays = Some(Vec::new());
    let deliveries = world.deliveries_of(&registration, 5).await;
    let worker = world.worker();

    worker.deliver(&deliveries).await;
    assert_eq!(worker.counter("postrider_deliveries_settled_total", "exhausted"), 5);
    let died = world.faults().reported.iter().filter(|report| **report == Report::Died).count();
    assert_eq!((died, worker.counter(TRANSITIONS, "died")), (1, 1));
}

#[tokio::test]
async fn a_notice_that_is_given_up_makes_no_notice() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(410)]).await;
    let alarms = FakeEndpoint::start([Reply::status(400)]).await;
    let mut listening = world.registration(alarms.target());
    listening.filters = postrider_domain::FilterSet::parse(["postrider"]).unwrap();
    listening.options.retry_delays = Some(Vec::new());
    world.add(&listening).await;
    let (_, deliveries) = registered(&world, &endpoint, 1).await;
    let worker = world.worker();

    worker.deliver(&deliveries).await;
    let notices = world.dispatch_due().await;
    assert_eq!(notices.len(), 1, "the registration that was switched off");
    worker.deliver(&notices).await;
    assert_eq!(alarms.requests().len(), 1);
    assert_eq!(world.report(notices[0]).await.delivery.state, DeliveryState::Dead);
    assert!(!world.faults().reported.contains(&Report::Died));
    assert_eq!(world.dispatch_due().await, []);
}

#[tokio::test]
async fn a_report_that_gets_lost_is_told_by_the_next_attempt_and_loses_no_record() {
    let world = World::new().await;
    world.faults().unavailable_reports = 1;
    let endpoint = FakeEndpoint::start([Reply::status(500)]).await;
    let (registration, deliveries) = registered(&world, &endpoint, 2).await;
    let worker = world.worker();

    assert_eq!(worker.deliver(&deliveries[..1]).await, Verdict::Ack);
    assert_eq!(world.report(deliveries[0]).await.attempts.len(), 1);
    assert_eq!(world.flow(registration.id).await.state.failing_since, None);
    assert_eq!(worker.counter("postrider_report_failures_total", ""), 1);

    assert_eq!(worker.deliver(&deliveries[1..]).await, Verdict::Ack);
    assert_eq!(world.flow(registration.id).await.state.failing_since, Some(world.now()));
}

#[tokio::test]
async fn what_a_probe_found_is_told_though_the_store_does_not_answer_at_first() {
    let mut world = World::new().await;
    world.config.store_retries = 3;
    let endpoint = FakeEndpoint::start(first(10, 503, &[200])).await;
    let (registration, deliveries) = registered(&world, &endpoint, 11).await;
    let worker = world.worker();
    worker.deliver(&deliveries[..10]).await;
    worker.deliver(&deliveries[10..]).await;
    world.clock.advance(Duration::from_secs(30));
    world.due().await;
    let [probe] = world.release().await.try_into().unwrap();

    world.faults().unavailable_reports = 2;
    worker.deliver_again(&[probe]).await;
    assert_eq!(breaker(&world, registration.id).await, Breaker::Closed);
    assert_eq!(world.faults().unavailable_reports, 0);
    assert_eq!(worker.counter("postrider_report_failures_total", ""), 0);
}
