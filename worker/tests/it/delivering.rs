//! A delivery that goes well.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use postrider_domain::ports::Verdict;
use postrider_domain::{AttemptOutcome, DeliveryState, PreviousSecret, Secret};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};
use postrider_wire::aspnet;
use serde_json::Value;
use sha2::Sha256;
use standardwebhooks::Webhook;

use crate::world::{SECRET, World};

#[tokio::test]
async fn a_delivery_is_posted_as_aspnet_senders_post_it() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;

    assert_eq!(world.worker().deliver(&[delivery]).await, Verdict::Ack);

    let [request] = endpoint.requests().try_into().unwrap();
    assert_eq!(request.line, "POST /hook?code=s3cr3t HTTP/1.1");
    assert_eq!(request.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(request.header("user-agent"), concat!("Postrider/", env!("CARGO_PKG_VERSION")));
    assert_eq!(request.header("x-team"), "reports");
    assert_eq!(request.header("authorization"), "Bearer t");

    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["Id"], delivery.simple());
    assert_eq!(body["Attempt"], 1);
    assert_eq!(body["Notifications"][0]["Type"], "Added");

    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&request.body);
    let expected = format!("sha256={}", hex::encode_upper(mac.finalize().into_bytes()));
    assert_eq!(request.header("ms-signature"), expected);
}

#[tokio::test]
async fn a_delivery_also_carries_the_headers_of_standard_webhooks() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(204)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;

    world.worker().deliver(&[delivery]).await;

    let [request] = endpoint.requests().try_into().unwrap();
    let seconds = world.now().as_seconds();
    assert_eq!(request.header("webhook-id"), delivery.to_string());
    assert_eq!(request.header("webhook-timestamp"), seconds.to_string());
    let expected = Webhook::from_bytes(SECRET.into())
        .unwrap()
        .sign(&delivery.to_string(), seconds, &request.body)
        .unwrap();
    assert_eq!(request.header("webhook-signature"), expected);
}

#[tokio::test]
async fn while_a_rotation_lasts_both_secrets_sign_and_the_old_one_does_not_after_its_end() {
    const OLD: &str = "the secret that was there before it";
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200), Reply::status(200)]).await;
    let mut registration = world.registration(endpoint.target());
    let ends_at = world.now() + Duration::from_mins(1);
    registration.previous_secret =
        Some(PreviousSecret { secret: Secret::parse(OLD).unwrap(), ends_at });
    let [during, after] = world.deliveries_of(&registration, 2).await.try_into().unwrap();

    world.worker().deliver(&[during]).await;
    world.clock.advance(Duration::from_mins(1));
    world.worker().deliver(&[after]).await;

    let [during, after] = endpoint.requests().try_into().unwrap();
    for secret in [SECRET, OLD] {
        let now = world.now().as_seconds() - 60;
        let signature = Webhook::from_bytes(secret.into())
            .unwrap()
            .sign(during.header("webhook-id"), now, &during.body)
            .unwrap();
        assert!(during.header("webhook-signature").split(' ').any(|entry| entry == signature));
    }
    let signed =
        |secret: &str, body: &[u8]| aspnet::signature(&Secret::parse(secret).unwrap(), body);
    assert_eq!(during.header("ms-signature"), signed(SECRET, &during.body));
    assert_eq!(during.header("ms-signature-previous"), signed(OLD, &during.body));

    assert_eq!(after.header("ms-signature"), signed(SECRET, &after.body));
    assert_eq!(after.header("webhook-signature").split(' ').count(), 1);
    assert!(after.headers.iter().all(|(name, _)| name != "ms-signature-previous"));
}

#[tokio::test]
async fn an_attempt_is_recorded_with_the_head_of_its_answer() {
    let world = World::new().await;
    let reply = Reply::status(202).header("X-Trace", "abc").body("x".repeat(5000));
    let endpoint = FakeEndpoint::start([reply]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();

    worker.deliver(&[delivery]).await;

    let report = world.report(delivery).await;
    assert_eq!(report.delivery.state, DeliveryState::Delivered);
    assert_eq!(report.delivery.last_status, Some(202));
    let [attempt] = report.attempts.try_into().unwrap();
    assert_eq!(attempt.outcome, AttemptOutcome::Succeeded { status: 202 });
    assert_eq!((attempt.number, attempt.started_at), (1, world.now()));
    assert_eq!(attempt.worker, "worker-1");
    assert!(!attempt.duration.is_zero());
    let response = attempt.response.unwrap();
    assert!(response.headers.contains(&("x-trace".to_owned(), "abc".to_owned())));
    assert_eq!(response.body, "x".repeat(4096).into_bytes());
    assert_eq!(worker.counter("postrider_attempts_total", "succeeded"), 1);
    assert_eq!(worker.counter("postrider_deliveries_settled_total", "delivered"), 1);
}

#[tokio::test]
async fn one_connection_carries_one_delivery_after_the_other() {
    let world = World::new().await;
    // An endpoint that is asked to close after each answer would show in the second request failing.
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let deliveries = world.deliveries_to(endpoint.target(), 20).await;
    let worker = world.worker();
    for delivery in &deliveries {
        assert_eq!(worker.deliver(&[*delivery]).await, Verdict::Ack);
    }
    assert_eq!(endpoint.requests().len(), 20);
    assert_eq!(endpoint.connections(), 1);
}

#[tokio::test]
async fn a_delivery_that_is_settled_already_is_not_sent_again() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();
    assert_eq!(worker.deliver(&[delivery]).await, Verdict::Ack);
    assert_eq!(worker.deliver(&[delivery, delivery]).await, Verdict::Ack);
    assert_eq!(endpoint.requests().len(), 1);
    assert_eq!(worker.counter("postrider_deliveries_passed_over_total", ""), 2);
}
