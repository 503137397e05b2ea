//! Kind `forward`, against a service that behaves as told.

use std::sync::Arc;
use std::time::Duration;

use postrider_domain::Secret;
use postrider_receiver::handlers::Tools;
use postrider_receiver::{Again, Handler, HandlerError};
use postrider_testkit::endpoint::{FakeEndpoint, ReceivedRequest, Reply, refusing_target};
use postrider_wire::standard::{SignatureHeaders, TOLERANCE, verify};

use super::{INBOX_ID, PATIENCE, context, handler, now, request, run, tools};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn forward(url: &str, settings: &str) -> Arc<dyn Handler> {
    let toml = format!("[[handlers]]\nname = 'a'\nkind = 'forward'\nurl = '{url}'\n{settings}");
    handler(&toml, &tools())
}

fn to(endpoint: &FakeEndpoint, settings: &str) -> Arc<dyn Handler> {
    forward(endpoint.target().url().as_str(), settings)
}

/// What becomes of a webhook that is answered like this.
async fn answered(reply: Reply) -> Result<(), HandlerError> {
    run(&to(&FakeEndpoint::start([reply]).await, "")).await
}

fn is_genuine(request: &ReceivedRequest) -> bool {
    let headers = SignatureHeaders {
        id: request.header("webhook-id"),
        timestamp: request.header("webhook-timestamp"),
        signature: request.header("webhook-signature"),
    };
    verify(&Secret::parse(SECRET).unwrap(), headers, &request.body, now(), TOLERANCE).is_ok()
}

#[tokio::test]
async fn the_service_gets_the_body_as_it_was_and_is_told_where_it_came_from() {
    let endpoint = FakeEndpoint::start([Reply::status(204)]).await;
    run(&to(&endpoint, "")).await.unwrap();

    let requests = endpoint.requests();
    assert_eq!(requests.len(), 1);
    let arrived = &requests[0];
    assert!(arrived.line.starts_with("POST /hook?code=s3cr3t "), "{}", arrived.line);
    assert_eq!(arrived.body, request().body);
    assert_eq!(arrived.header("content-type"), "application/json; charset=latin1");
    assert_eq!(arrived.header("postrider-receiver"), "github");
    assert_eq!(arrived.header("postrider-receiver-id"), "org1");
    assert_eq!(arrived.header("postrider-actions"), "issues.opened,a%2C%20b");
    assert_eq!(arrived.header("postrider-inbox-id"), INBOX_ID);
    assert_eq!(arrived.header("postrider-attempt"), "3");
    assert!(!arrived.headers.iter().any(|(name, _)| name.starts_with("webhook-")));
}

#[tokio::test]
async fn the_senders_own_headers_are_passed_on_below_those_that_are_configured() {
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let handler = to(&endpoint, "headers = { Authorization = 'Bearer t', X-Team = 'ours' }");
    let sent = request()
        .with("x-github-event", "issues")
        .with("x-team", "theirs")
        .with("x-forwarded-for", "198.51.100.7")
        .with("accept-language", "de")
        .with("postrider-receiver", "forged");
    handler.handle(&mut context(sent)).await.unwrap();

    let arrived = endpoint.requests().remove(0);
    assert_eq!(arrived.header("x-github-event"), "issues");
    let values = |wanted: &str| {
        let found = arrived.headers.iter().filter(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(values("authorization"), ["Bearer t"]);
    assert_eq!(values("x-team"), ["ours"]);
    assert_eq!(values("postrider-receiver"), ["github"]);
    assert_eq!(values("x-forwarded-for"), Vec::<String>::new());
    assert_eq!(values("accept-language"), Vec::<String>::new());
}

#[tokio::test]
async fn with_a_secret_the_service_can_verify_and_recognises_a_repetition() {
    let endpoint = FakeEndpoint::start([Reply::status(500), Reply::status(200)]).await;
    let handler = to(&endpoint, &format!("secret = '{SECRET}'"));
    run(&handler).await.unwrap_err();
    run(&handler).await.unwrap();

    for arrived in endpoint.requests() {
        assert!(is_genuine(&arrived));
        assert_eq!(arrived.header("webhook-id"), INBOX_ID);
        assert_eq!(arrived.header("webhook-timestamp"), now().as_seconds().to_string());
    }
}

#[tokio::test]
async fn a_webhook_that_is_not_kept_is_signed_as_well() {
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let handler = to(&endpoint, &format!("secret = '{SECRET}'"));
    let mut context = context(request());
    context.inbox_id = None;
    handler.handle(&mut context).await.unwrap();

    let arrived = endpoint.requests().remove(0);
    assert!(is_genuine(&arrived));
    assert!(!arrived.headers.iter().any(|(name, _)| name == "postrider-inbox-id"));
}

#[tokio::test]
async fn a_service_that_may_recover_is_asked_again_and_one_that_refuses_is_not() {
    assert_eq!(answered(Reply::status(201)).await.err().map(|error| error.again), None);
    let busy = answered(Reply::status(503)).await.unwrap_err();
    assert_eq!(busy.again, Again::Scheduled);
    let refused = answered(Reply::status(422)).await.unwrap_err();
    assert_eq!(refused.again, Again::Never);
    assert!(refused.message.contains("422"), "{refused}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = FakeEndpoint::start([Reply::status(200)]).await;
    let location = elsewhere.target().url().to_string();
    let refused = answered(Reply::status(307).header("location", &location)).await.unwrap_err();
    assert_eq!(refused.again, Again::Never);
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn the_wait_that_a_service_asks_for_is_honoured() {
    let again = async |value| {
        answered(Reply::status(429).header("retry-after", value)).await.unwrap_err().again
    };
    let minute = Again::After(Duration::from_mins(1));
    assert_eq!(again("60").await, minute);
    assert_eq!(again("Sat, 21 Nov 2026 08:01:00 GMT").await, minute);
    assert_eq!(again("soon").await, Again::Scheduled);
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_or_breaks_off_is_asked_again() {
    let refusing = forward(refusing_target().await.url().as_str(), "");
    assert_eq!(run(&refusing).await.unwrap_err().again, Again::Scheduled);
    assert_eq!(answered(Reply::reset()).await.unwrap_err().again, Again::Scheduled);

    let silent = FakeEndpoint::start([Reply::silence()]).await;
    let late = run(&to(&silent, "timeout = '50ms'")).await.unwrap_err();
    assert_eq!(late.again, Again::Scheduled);
    assert!(!late.message.contains("s3cr3t"), "{late}");
}

#[tokio::test]
async fn the_status_decides_whatever_comes_after_it() {
    answered(Reply::huge(200, 10 * 1024 * 1024)).await.unwrap();
    answered(Reply::drip(200)).await.unwrap();
}

#[tokio::test]
async fn a_name_that_leads_to_where_the_guard_forbids_is_asked_again_and_told() {
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let config = postrider_egress::EgressConfig { allow_http: true, ..Default::default() };
    let guard = Arc::new(postrider_egress::Guard::new(&config));
    let toml = format!(
        "[[handlers]]\nname = 'a'\nkind = 'forward'\nurl = 'http://localhost:{}/'",
        endpoint.port()
    );
    let handler = handler(&toml, &Tools { guard, ..tools() });
    let mut context = context(request());
    let refused = tokio::time::timeout(PATIENCE, handler.handle(&mut context)).await.unwrap();
    let refused = refused.unwrap_err();
    assert_eq!(refused.again, Again::Scheduled);
    assert!(refused.message.contains("loopback"), "{refused}");
    assert_eq!(endpoint.connections(), 0);
}
