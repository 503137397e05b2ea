//! What is on record of a request.

use std::time::Duration;

use postrider_domain::{Authentication, Credentials, FailureCause, SecretText, Timings};
use postrider_testkit::endpoint::{FakeEndpoint, Reply, refusing_target};
use sha2::{Digest, Sha256};

use crate::world::World;

fn secret(text: &str) -> SecretText {
    SecretText::parse(text).unwrap()
}

#[tokio::test]
async fn an_attempt_is_recorded_with_what_was_sent_and_no_credential_in_it() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    world.worker().deliver(&[delivery]).await;

    let [request] = endpoint.requests().try_into().unwrap();
    let [attempt] = world.report(delivery).await.attempts.try_into().unwrap();
    let sent = attempt.request.unwrap();
    assert!(sent.uri.starts_with("http://127.0.0.1:") && sent.uri.contains("/hook?code="));
    let value = |name: &str| {
        let found = sent.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(value("x-team"), Some("reports"));
    assert_eq!(value("webhook-id"), Some(request.header("webhook-id")));
    assert_eq!(value("authorization"), Some("********"));
    let printed = format!("{sent:?}");
    assert!(!printed.contains("s3cr3t") && !printed.contains("Bearer t"), "{printed}");
    assert_eq!(usize::try_from(sent.body_bytes).unwrap(), request.body.len());
    assert_eq!(sent.body_digest, <[u8; 32]>::from(Sha256::digest(&request.body)));
}

#[tokio::test]
async fn an_attempt_tells_where_its_time_went_and_a_kept_connection_took_none() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let deliveries = world.deliveries_to(endpoint.target(), 2).await;
    let worker = world.worker();
    let mut timings = Vec::new();
    for delivery in deliveries {
        worker.deliver(&[delivery]).await;
        let [attempt] = world.report(delivery).await.attempts.try_into().unwrap();
        // The phases come one after the other, and the first byte counts from the connection.
        let Timings { dns, connect, tls, first_byte } = attempt.timings;
        let phases: Duration = [dns, connect, tls, first_byte].into_iter().flatten().sum();
        assert!(first_byte.is_some() && phases <= attempt.duration, "{attempt:?}");
        timings.push(attempt.timings);
    }
    assert!(timings[0].connect.is_some() && timings[0].tls.is_none(), "{timings:?}");
    assert_eq!(timings[1].connect, None);
}

#[tokio::test]
async fn a_request_that_reached_nobody_is_on_record_too() {
    let world = World::new().await;
    let delivery = world.delivery_to(refusing_target().await).await;
    world.worker().deliver(&[delivery]).await;
    let [attempt] = world.report(delivery).await.attempts.try_into().unwrap();
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::Connect));
    assert!(attempt.request.is_some());
    assert_eq!(attempt.timings.first_byte, None);
}

#[tokio::test]
async fn a_replay_is_marked_in_the_request_and_in_the_record() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;
    let worker = world.worker();
    worker.deliver(&[delivery]).await;
    world.replay(delivery).await;
    worker.deliver_again(&[delivery]).await;

    let [first, second] = endpoint.requests().try_into().unwrap();
    assert!(first.headers.iter().all(|(name, _)| name != "postrider-replay"));
    assert_eq!(second.header("postrider-replay"), "1");
    let mut replays: Vec<_> =
        world.report(delivery).await.attempts.iter().map(|attempt| attempt.replay).collect();
    replays.sort_unstable();
    assert_eq!(replays, [0, 1]);
}

#[tokio::test]
async fn a_password_and_a_token_are_sent_and_not_recorded() {
    let world = World::new().await;
    let cases = [
        (
            Authentication::Basic { user: "ada".into(), password: secret("l0velace") },
            "Basic YWRhOmwwdmVsYWNl",
        ),
        (Authentication::Bearer { token: secret("t0ken") }, "Bearer t0ken"),
    ];
    for (authentication, expected) in cases {
        let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
        let mut registration = world.registration(endpoint.target());
        registration.credentials =
            Credentials { authentication: Some(authentication), ..Credentials::default() };
        let delivery = world.deliveries_of(&registration, 1).await[0];
        world.worker().deliver(&[delivery]).await;

        let [request] = endpoint.requests().try_into().unwrap();
        assert_eq!(request.header("authorization"), expected);
        let report = format!("{:?}", world.report(delivery).await);
        for word in ["l0velace", "t0ken", "YWRhOmwwdmVsYWNl"] {
            assert!(!report.contains(word), "{report}");
        }
    }
}

#[tokio::test]
async fn a_stored_credential_that_is_broken_fails_the_attempt_and_nothing_is_sent_without_it() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let broken = [
        Credentials {
            authentication: Some(Authentication::Bearer { token: secret("s3cret\nb") }),
            ..Credentials::default()
        },
        Credentials { signing_key: Some(secret("whsk_s3cret")), ..Credentials::default() },
    ];
    for credentials in broken {
        let mut registration = world.registration(endpoint.target());
        registration.credentials = credentials;
        let delivery = world.deliveries_of(&registration, 1).await[0];
        world.worker().deliver(&[delivery]).await;
        let [attempt] = world.report(delivery).await.attempts.try_into().unwrap();
        assert_eq!(attempt.outcome.cause(), Some(FailureCause::Authentication));
        assert!(!format!("{:?}", attempt.outcome).contains("s3cret"), "{attempt:?}");
    }
    assert_eq!(endpoint.requests(), []);
}
