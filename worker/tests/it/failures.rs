//! Every way to fail has its name.

use std::time::Duration;

use postrider_domain::ports::Verdict;
use postrider_domain::{Attempt, DeliveryState, FailureCause, TargetUri};
use postrider_testkit::endpoint::{FakeEndpoint, Reply, refusing_target};

use crate::world::World;

/// A world whose workers are impatient.
async fn impatient() -> World {
    let mut world = World::new().await;
    world.config.timeout = Duration::from_millis(300);
    world
}

/// The one attempt that a delivery to `target` gets, after which it has to be pending.
async fn attempt(world: &World, target: TargetUri) -> Attempt {
    let delivery = world.delivery_to(target).await;
    assert_eq!(world.worker().deliver(&[delivery]).await, Verdict::Ack);
    let report = world.report(delivery).await;
    assert_eq!(report.delivery.state, DeliveryState::Pending);
    assert_eq!(report.delivery.next_attempt_at, Some(world.now() + Duration::from_secs(10)));
    let [attempt] = report.attempts.try_into().unwrap();
    assert_eq!(report.delivery.last_cause, attempt.outcome.cause());
    attempt
}

async fn answered_with(world: &World, reply: Reply) -> (Option<FailureCause>, Option<u16>) {
    let endpoint = FakeEndpoint::start([reply]).await;
    let attempt = attempt(world, endpoint.target()).await;
    assert_eq!(endpoint.requests().len(), 1);
    (attempt.outcome.cause(), attempt.outcome.status())
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_dns() {
    let world = World::new().await;
    let attempt = attempt(&world, "https://unknown.example/".parse().unwrap()).await;
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::Dns));
    assert_eq!(attempt.response, None);
}

#[tokio::test]
async fn a_refused_connection_is_connect() {
    let world = World::new().await;
    let attempt = attempt(&world, refusing_target().await).await;
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::Connect));
}

#[tokio::test]
async fn a_failed_handshake_is_tls() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::close()]).await;
    let target = format!("https://127.0.0.1:{}/", endpoint.port()).parse().unwrap();
    let attempt = attempt(&world, target).await;
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::Tls));
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let world = impatient().await;
    let answered = answered_with(&world, Reply::silence()).await;
    assert_eq!(answered, (Some(FailureCause::Timeout), None));
}

#[tokio::test]
async fn a_body_that_drips_past_the_deadline_is_a_timeout_whatever_the_status() {
    let world = impatient().await;
    let endpoint = FakeEndpoint::start([Reply::drip(200)]).await;
    let attempt = attempt(&world, endpoint.target()).await;
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::Timeout));
    assert_eq!(attempt.outcome.status(), Some(200));
    assert!(attempt.duration >= world.config.timeout, "{:?}", attempt.duration);
    assert!(attempt.duration < Duration::from_secs(5), "{:?}", attempt.duration);
    assert!(attempt.response.is_some_and(|head| head.body.starts_with(b"xx")));
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_reset() {
    let world = World::new().await;
    for reply in [
        Reply::close(),
        Reply::reset(),
        Reply::raw("HTTP/1.1 200 OK\r\ncontent-le"),
        Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"),
        Reply::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
    ] {
        let answered = answered_with(&world, reply.clone()).await;
        assert_eq!(answered.0, Some(FailureCause::Reset), "{reply:?}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_protocol() {
    let world = World::new().await;
    for raw in ["220 mail.example ESMTP\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n"] {
        let answered = answered_with(&world, Reply::raw(raw)).await;
        assert_eq!(answered.0, Some(FailureCause::Protocol), "{raw}");
    }
}

#[tokio::test]
async fn a_status_other_than_2xx_is_http_status() {
    let world = World::new().await;
    for status in [304, 400, 404, 429, 500, 503] {
        let answered = answered_with(&world, Reply::status(status)).await;
        assert_eq!(answered, (Some(FailureCause::HttpStatus), Some(status)));
    }
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let world = World::new().await;
    let elsewhere = FakeEndpoint::start([Reply::status(200)]).await;
    for status in [301, 302, 303, 307, 308] {
        let reply = Reply::status(status).header("Location", elsewhere.target().as_str());
        let answered = answered_with(&world, reply).await;
        assert_eq!(answered, (Some(FailureCause::HttpStatus), Some(status)));
    }
    assert_eq!(elsewhere.requests(), []);
}

#[tokio::test]
async fn a_forbidden_address_is_blocked_when_the_request_is_made() {
    let mut world = World::new().await;
    // It was allowed when it was registered, and is not any more.
    world.egress.allow.clear();
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let attempt = attempt(&world, endpoint.target()).await;
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::Blocked));
    assert_eq!(endpoint.connections(), 0);
}

#[tokio::test]
async fn no_explanation_of_a_failure_holds_the_url() {
    let world = impatient().await;
    for reply in
        [Reply::close(), Reply::raw("nonsense\r\n\r\n"), Reply::silence(), Reply::drip(200)]
    {
        let endpoint = FakeEndpoint::start([reply]).await;
        let attempt = attempt(&world, endpoint.target()).await;
        let explained = format!("{:?}", attempt.outcome);
        assert!(!explained.contains("s3cr3t") && !explained.contains("http:"), "{explained}");
    }
}
