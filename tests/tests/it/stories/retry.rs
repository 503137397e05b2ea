//! Receivers that fail, and the schedule by the clock.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use insta::assert_snapshot;
use postrider_testkit::endpoint::Reply;
use postrider_tests::world::{Sink, World};

postrider_tests::on_both_pairs! {
    a_receiver_that_fails_three_times_gets_exactly_four_attempts_on_schedule,
    one_that_never_succeeds_is_given_up_after_four_and_can_be_replayed,
    gone_is_given_up_after_one,
    the_longer_of_schedule_and_retry_after_wins,
    a_registration_deleted_before_the_retry_gets_no_more_and_its_history_stays,
}

async fn a_receiver_that_fails_three_times_gets_exactly_four_attempts_on_schedule(world: &World) {
    let sink = world.endpoint_that_answers(&[500, 500, 500, 200]).await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    assert_eq!(sink.requests().len(), 1);

    for (seconds, made) in [(10, 2), (60, 3), (360, 4)] {
        // A second before the time nothing happens; at the time it does.
        world.advance(Duration::from_secs(seconds - 1)).await;
        assert_eq!(sink.requests().len(), made - 1);
        world.advance(Duration::from_secs(1)).await;
        assert_eq!(sink.requests().len(), made);
    }
    world.advance(Duration::from_hours(24)).await;
    assert_snapshot!(world.timeline(event, registration).await, @r"
    +0s attempt 1 500 http_status
    +10s attempt 2 500 http_status
    +70s attempt 3 500 http_status
    +430s attempt 4 200
    delivered
    ");

    let ids: std::collections::HashSet<String> =
        sink.requests().iter().map(|request| request.header("webhook-id").to_owned()).collect();
    assert_eq!(ids.len(), 1, "every attempt carries the same webhook-id");
}

async fn one_that_never_succeeds_is_given_up_after_four_and_can_be_replayed(world: &World) {
    let sink = world.endpoint_that_answers(&[500, 500, 500, 500, 200]).await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    for _ in 0..10 {
        world.advance(Duration::from_secs(400)).await;
    }
    let dead = world.delivery(event, registration).await;
    assert_eq!((dead.attempts.len(), dead.delivery.state.as_str()), (4, "dead"));

    let path = format!("/api/v1/deliveries/{}/replay", dead.delivery.id);
    let (status, answer) = world.request(&world.administrator, Method::POST, &path, None).await;
    assert!(status.is_success(), "{status} {answer}");
    world.run_until_idle().await;
    let again = world.delivery(event, registration).await;
    assert_eq!((again.attempts.len(), again.delivery.state.as_str()), (5, "delivered"));
}

async fn gone_is_given_up_after_one(world: &World) {
    let sink = world.endpoint_that_answers(&[410]).await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    world.advance(Duration::from_hours(1)).await;
    assert_snapshot!(world.timeline(event, registration).await, @r"
    +0s attempt 1 410 http_status
    dead gone
    ");
}

async fn the_longer_of_schedule_and_retry_after_wins(world: &World) {
    let busy = Reply::status(503).header("retry-after", "90");
    let sink = Sink::start([busy, Reply::status(200)]).await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    world.advance(Duration::from_secs(89)).await;
    assert_eq!(sink.requests().len(), 1);
    world.advance(Duration::from_secs(1)).await;
    assert_snapshot!(world.timeline(event, registration).await, @r"
    +0s attempt 1 503 http_status
    +90s attempt 2 200
    delivered
    ");
}

async fn a_registration_deleted_before_the_retry_gets_no_more_and_its_history_stays(world: &World) {
    let sink = world.endpoint_that_answers(&[500]).await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;

    let path = format!("/api/v1/registrations/{registration}");
    let (status, answer) = world.request(&world.administrator, Method::DELETE, &path, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
    world.advance(Duration::from_hours(1)).await;
    assert_eq!(sink.requests().len(), 1);
    assert_snapshot!(world.timeline(event, registration).await, @r"
    +0s attempt 1 500 http_status
    dead registration_deleted
    ");
}
