//! Whatever a receiver answers, its attempt is on record, and costs nothing but that attempt.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use insta::assert_snapshot;
use postrider_domain::{EventId, FailureCause, RegistrationId};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};
use postrider_tests::world::{Sink, World};
use serde_json::json;

postrider_tests::on_both_pairs! {
    a_redirect_is_a_failed_attempt_with_its_status_and_nobody_follows_it,
    a_body_that_drips_is_a_timeout_whose_duration_includes_the_body,
    a_body_of_300_mb_is_cut_and_its_attempt_is_on_record,
    no_answer_is_too_strange_to_be_recorded,
    one_that_asks_for_time_by_429_gets_it,
}

const MIB: u64 = 1024 * 1024;

/// Registers the endpoint for reports and tells it of one.
async fn told_of_one(
    world: &World,
    endpoint: &FakeEndpoint,
    more: serde_json::Value,
) -> (EventId, RegistrationId) {
    let (admin, target) = (&world.administrator, endpoint.target());
    let registration = world.register_with(admin, target.as_str(), &["reports"], more).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    (event, registration)
}

async fn a_redirect_is_a_failed_attempt_with_its_status_and_nobody_follows_it(world: &World) {
    let elsewhere = world.endpoint().await;
    let redirect =
        |status: u16| Reply::status(status).header("location", &elsewhere.url("/elsewhere"));
    let statuses = [301, 304, 307, 308];
    let sink = Sink::start(statuses.map(redirect)).await;
    let registration = world.register(&world.administrator, &sink.url("/"), &["reports"]).await;
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;
    for seconds in [10, 60, 360] {
        world.advance(Duration::from_secs(seconds)).await;
    }
    assert_snapshot!(world.timeline(event, registration).await, @r"
    +0s attempt 1 301 http_status
    +10s attempt 2 304 http_status
    +70s attempt 3 307 http_status
    +430s attempt 4 308 http_status
    dead exhausted
    ");
    assert_eq!(elsewhere.requests().len(), 0);
}

async fn a_body_that_drips_is_a_timeout_whose_duration_includes_the_body(world: &World) {
    let endpoint = FakeEndpoint::start([Reply::drip(200)]).await;
    let (event, registration) = told_of_one(world, &endpoint, json!({ "timeoutSeconds": 1 })).await;

    let report = world.delivery(event, registration).await;
    assert_eq!(report.delivery.state.as_str(), "pending");
    let [attempt] = report.attempts.try_into().unwrap();
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::Timeout));
    assert_eq!(attempt.outcome.status(), Some(200));
    assert!(attempt.duration >= Duration::from_secs(1), "{:?}", attempt.duration);
    assert!(attempt.response.is_some_and(|response| response.body.starts_with(b"xx")));
    // It does not drip on into a connection that nobody reads.
    endpoint.wait_until_idle().await;
}

async fn a_body_of_300_mb_is_cut_and_its_attempt_is_on_record(world: &World) {
    let endpoint = FakeEndpoint::start([Reply::huge(200, 300 * MIB), Reply::status(200)]).await;
    let (event, registration) = told_of_one(world, &endpoint, json!({})).await;

    let report = world.delivery(event, registration).await;
    let [attempt] = report.attempts.try_into().unwrap();
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::TooLarge));
    assert_eq!(attempt.response.unwrap().body.len(), 4 * 1024);
    // What it could send is what the buffers of two sockets hold.
    endpoint.wait_until_idle().await;
    let sent = endpoint.body_bytes_sent();
    assert!(sent < 20 * MIB, "{sent} bytes");

    world.advance(Duration::from_secs(10)).await;
    assert_snapshot!(world.timeline(event, registration).await, @r"
    +0s attempt 1 200 too_large
    +10s attempt 2 200
    delivered
    ");
}

/// An answer with so many headers of so many bytes.
fn with_headers(count: usize, bytes: usize) -> Reply {
    let value = "v".repeat(bytes);
    (0..count)
        .fold(Reply::status(200), |reply, number| reply.header(&format!("x-{number}"), &value))
}

async fn no_answer_is_too_strange_to_be_recorded(world: &World) {
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let header_in_latin_1 = b"HTTP/1.1 200 OK\r\nx-name: caf\xe9\r\ncontent-length: 0\r\n\r\n";
    let answers = [
        (Reply::status(200).body(every_byte), "delivered"),
        (Reply::raw(&header_in_latin_1[..]), "delivered"),
        // Far more than what is kept of them.
        (with_headers(80, 500), "delivered"),
        (Reply::huge(200, MIB), "pending"),
        (with_headers(2_000, 500), "pending"),
    ];
    let admin = &world.administrator;
    let mut receivers = Vec::new();
    for (reply, state) in answers {
        let endpoint = FakeEndpoint::start([reply]).await;
        let target = endpoint.target();
        let registration = world.register(admin, target.as_str(), &["reports"]).await;
        receivers.push((endpoint, registration, state));
    }
    let event = world.publish("reports", "Added", "1").await;
    world.run_until_idle().await;

    for (number, (endpoint, registration, state)) in receivers.iter().enumerate() {
        let delivery = world.delivery(event, *registration).await.delivery;
        assert_eq!(delivery.state.as_str(), *state, "answer {number}");
        assert_eq!(endpoint.requests().len(), 1, "answer {number}");
        let path = format!("/api/v1/deliveries/{}", delivery.id);
        let (status, shown) = world.request(admin, Method::GET, &path, None).await;
        assert_eq!(status, StatusCode::OK, "answer {number}: {shown}");
        assert_eq!(shown["attempts"].as_array().unwrap().len(), 1, "answer {number}: {shown}");
    }
}

async fn one_that_asks_for_time_by_429_gets_it(world: &World) {
    let replies = [Reply::status(429).header("retry-after", "120"), Reply::status(200)];
    let endpoint = FakeEndpoint::start(replies).await;
    let (event, registration) = told_of_one(world, &endpoint, json!({})).await;
    world.advance(Duration::from_secs(119)).await;
    assert_eq!(endpoint.requests().len(), 1);
    world.advance(Duration::from_secs(1)).await;
    assert_snapshot!(world.timeline(event, registration).await, @r"
    +0s attempt 1 429 http_status
    +120s attempt 2 200
    delivered
    ");
}
