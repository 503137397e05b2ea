//! Receivers that want an access token.

use std::time::Duration;

use postrider_domain::ports::Verdict;
use postrider_domain::{
    Attempt, Authentication, Credentials, DeliveryId, DeliveryState, FailureCause, Registration,
    SecretText, TargetUri,
};
use postrider_testkit::endpoint::{FakeEndpoint, ReceivedRequest, Reply};

use crate::world::World;

/// A token server's answer with a token that is good for an hour.
fn token(text: &str) -> Reply {
    let answer =
        format!(r#"{{"access_token": "{text}", "token_type": "Bearer", "expires_in": 3600}}"#);
    Reply::status(200).header("Content-Type", "application/json").body(answer)
}

/// A registration of `receiver` that gets its tokens at `server`.
fn registration(world: &World, receiver: &FakeEndpoint, server: TargetUri) -> Registration {
    let authentication = Authentication::OAuth2 {
        token_uri: server,
        client_id: "postrider".into(),
        client_secret: SecretText::parse("cl1ent-s3cret").unwrap(),
        scopes: vec!["hooks".into(), "write".into()],
        audience: Some("receiver".into()),
    };
    let mut registration = world.registration(receiver.target());
    registration.credentials =
        Credentials { authentication: Some(authentication), ..Credentials::default() };
    registration
}

async fn deliveries(
    world: &World,
    receiver: &FakeEndpoint,
    server: &FakeEndpoint,
    count: usize,
) -> Vec<DeliveryId> {
    world.deliveries_of(&registration(world, receiver, server.target()), count).await
}

fn authorizations(requests: &[ReceivedRequest]) -> Vec<&str> {
    requests.iter().map(|request| request.header("authorization")).collect()
}

async fn attempts(world: &World, delivery: DeliveryId) -> Vec<Attempt> {
    let mut attempts = world.report(delivery).await.attempts;
    attempts.sort_by_key(|attempt| attempt.number);
    attempts
}

/// The one attempt that a delivery got, which ended for want of a token and is followed by another.
async fn refused(world: &World, delivery: DeliveryId) -> String {
    let report = world.report(delivery).await;
    assert_eq!(report.delivery.state, DeliveryState::Pending, "a retry follows");
    let [attempt] = report.attempts.try_into().unwrap();
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::Authentication));
    assert_eq!(attempt.request, None);
    let explained = format!("{:?}", attempt.outcome);
    for word in ["cl1ent-s3cret", "s3cr3t", "http:"] {
        assert!(!explained.contains(word), "{explained}");
    }
    explained
}

#[tokio::test]
async fn a_token_is_fetched_once_and_sent_with_every_request() {
    let world = World::new().await;
    let receiver = FakeEndpoint::start([Reply::status(200)]).await;
    let server = FakeEndpoint::start([token("first"), token("second")]).await;
    let deliveries = deliveries(&world, &receiver, &server, 20).await;

    assert_eq!(world.worker().deliver(&deliveries).await, Verdict::Ack);

    assert_eq!(authorizations(&receiver.requests()), ["Bearer first"; 20]);
    let [asked] = server.requests().try_into().unwrap();
    assert!(asked.line.starts_with("POST /hook"), "{}", asked.line);
    assert_eq!(asked.header("content-type"), "application/x-www-form-urlencoded");
    // postrider:cl1ent-s3cret
    assert_eq!(asked.header("authorization"), "Basic cG9zdHJpZGVyOmNsMWVudC1zM2NyZXQ=");
    let form = "grant_type=client_credentials&scope=hooks+write&audience=receiver";
    assert_eq!(asked.body, form);
    let printed = format!("{:?}", attempts(&world, deliveries[0]).await);
    assert!(!printed.contains("Bearer first"), "{printed}");
}

#[tokio::test]
async fn a_token_that_has_ended_is_fetched_anew() {
    let world = World::new().await;
    let receiver = FakeEndpoint::start([Reply::status(200)]).await;
    let server = FakeEndpoint::start([token("first"), token("second")]).await;
    let deliveries = deliveries(&world, &receiver, &server, 3).await;
    let worker = world.worker();

    worker.deliver(&deliveries[..1]).await;
    world.clock.advance(Duration::from_secs(3569));
    worker.deliver(&deliveries[1..2]).await;
    world.clock.advance(Duration::from_secs(1));
    worker.deliver(&deliveries[2..]).await;
    let requests = receiver.requests();
    assert_eq!(authorizations(&requests), ["Bearer first", "Bearer first", "Bearer second"]);
}

#[tokio::test]
async fn a_token_that_the_receiver_refuses_is_not_sent_again() {
    let world = World::new().await;
    let receiver = FakeEndpoint::start([Reply::status(401), Reply::status(200)]).await;
    let server = FakeEndpoint::start([token("stale"), token("good")]).await;
    let deliveries = deliveries(&world, &receiver, &server, 2).await;
    let worker = world.worker();

    worker.deliver(&deliveries[..1]).await;
    world.clock.advance(Duration::from_secs(10));
    worker.deliver_again(&world.due().await).await;
    worker.deliver(&deliveries[1..]).await;
    let requests = receiver.requests();
    assert_eq!(authorizations(&requests), ["Bearer stale", "Bearer good", "Bearer good"]);
    assert_eq!(world.report(deliveries[0]).await.delivery.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn a_token_that_is_refused_is_a_failed_attempt_and_the_next_one_asks_again() {
    let world = World::new().await;
    let receiver = FakeEndpoint::start([Reply::status(200)]).await;
    let denied = Reply::status(401).body(r#"{"error": "invalid_client", "x": "cl1ent-s3cret"}"#);
    let server = FakeEndpoint::start([denied, token("good")]).await;
    let delivery = deliveries(&world, &receiver, &server, 1).await[0];
    let worker = world.worker();

    worker.deliver(&[delivery]).await;
    let explained = refused(&world, delivery).await;
    assert!(explained.contains("401: invalid_client"), "{explained}");
    assert_eq!(receiver.requests(), []);

    world.clock.advance(Duration::from_secs(10));
    worker.deliver_again(&[delivery]).await;
    assert_eq!(authorizations(&receiver.requests()), ["Bearer good"]);
    let numbers: Vec<_> =
        attempts(&world, delivery).await.iter().map(|attempt| attempt.number).collect();
    assert_eq!(numbers, [1, 2]);
}

#[tokio::test]
async fn whatever_a_token_server_answers_no_request_goes_without_a_token() {
    let mut world = World::new().await;
    world.config.timeout = Duration::from_millis(300);
    let receiver = FakeEndpoint::start([Reply::status(200)]).await;
    for reply in [
        Reply::status(500),
        Reply::status(302).header("Location", receiver.target().as_str()),
        Reply::status(200).body("no JSON"),
        Reply::status(200).body(r#"{"access_token": "cl1ent-s3cret\n"}"#),
        Reply::status(200).body(r#"{"access_token": "t", "token_type": "cl1ent-s3cret"}"#),
        Reply::status(400).body(r#"{"error": "cl1ent-s3cret"}"#),
        Reply::huge(200, 1024 * 1024),
        Reply::drip(200),
        Reply::silence(),
        Reply::close(),
    ] {
        let server = FakeEndpoint::start([reply.clone()]).await;
        let delivery = deliveries(&world, &receiver, &server, 1).await[0];
        world.worker().deliver(&[delivery]).await;
        refused(&world, delivery).await;
    }
    assert_eq!(receiver.requests(), []);
}

#[tokio::test]
async fn deliveries_that_wait_for_the_same_token_share_its_failure() {
    let world = World::new().await;
    let receiver = FakeEndpoint::start([Reply::status(200)]).await;
    let server = FakeEndpoint::start([Reply::status(500).held()]).await;
    let deliveries = deliveries(&world, &receiver, &server, 10).await;
    let worker = world.worker();

    let waiting = worker.hand.send(&deliveries);
    server.wait_for(1).await;
    worker.until_in_flight(10).await;
    server.release();
    assert_eq!(waiting.only().await, Verdict::Ack);
    assert_eq!(server.requests().len(), 1);
    for delivery in deliveries {
        refused(&world, delivery).await;
    }
}

#[tokio::test]
async fn a_token_server_that_says_nothing_is_asked_once_for_all_that_wait() {
    let mut world = World::new().await;
    world.config.timeout = Duration::from_millis(500);
    let receiver = FakeEndpoint::start([Reply::status(200)]).await;
    let server = FakeEndpoint::start([Reply::silence()]).await;
    let deliveries = deliveries(&world, &receiver, &server, 20).await;

    assert_eq!(world.worker().deliver(&deliveries).await, Verdict::Ack);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(receiver.requests(), []);
    for delivery in deliveries {
        refused(&world, delivery).await;
    }
}

#[tokio::test]
async fn a_token_server_in_a_forbidden_network_is_not_called() {
    let world = World::new().await;
    let receiver = FakeEndpoint::start([Reply::status(200)]).await;
    for forbidden in ["http://169.254.169.254/token", "http://10.0.0.1/token"] {
        let registration = registration(&world, &receiver, forbidden.parse().unwrap());
        let delivery = world.deliveries_of(&registration, 1).await[0];
        world.worker().deliver(&[delivery]).await;
        let explained = refused(&world, delivery).await;
        assert!(explained.contains("the target is a"), "{explained}");
    }
    assert_eq!(receiver.requests(), []);
}

#[tokio::test]
async fn a_registration_that_is_changed_has_a_new_token() {
    let world = World::new().await;
    let receiver = FakeEndpoint::start([Reply::status(200)]).await;
    let server = FakeEndpoint::start([token("first"), token("second")]).await;
    let mut registration = registration(&world, &receiver, server.target());
    let deliveries = world.deliveries_of(&registration, 2).await;
    let worker = world.worker();

    worker.deliver(&deliveries[..1]).await;
    world.update(&mut registration).await;
    worker.deliver(&deliveries[1..]).await;
    assert_eq!(authorizations(&receiver.requests()), ["Bearer first", "Bearer second"]);
}
