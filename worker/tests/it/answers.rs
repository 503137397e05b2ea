//! Answers that are larger than anybody needs.

use postrider_domain::ports::Verdict;
use postrider_domain::{AttemptOutcome, FailureCause};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};

use crate::world::World;

const MIB: u64 = 1024 * 1024;

#[tokio::test]
async fn a_body_of_100_mb_is_neither_read_nor_kept() {
    let world = World::new().await;
    let endpoint = FakeEndpoint::start([Reply::huge(200, 100 * MIB)]).await;
    let delivery = world.delivery_to(endpoint.target()).await;

    assert_eq!(world.worker().deliver(&[delivery]).await, Verdict::Ack);

    let [attempt] = world.report(delivery).await.attempts.try_into().unwrap();
    assert_eq!(attempt.outcome.cause(), Some(FailureCause::TooLarge));
    assert_eq!(attempt.outcome.status(), Some(200));
    assert_eq!(attempt.response.unwrap().body.len(), 4096);
    // What the endpoint could send is what the buffers of two sockets hold.
    endpoint.wait_until_idle().await;
    assert!(endpoint.body_bytes_sent() < 20 * MIB, "{} bytes", endpoint.body_bytes_sent());
}

#[tokio::test]
async fn the_limit_itself_may_be_reached_and_not_passed() {
    let mut world = World::new().await;
    world.config.max_response_bytes = 10_000;
    let replies =
        [Reply::status(200).body("x".repeat(10_000)), Reply::status(200).body("x".repeat(10_001))];
    let endpoint = FakeEndpoint::start(replies).await;
    let deliveries = world.deliveries_to(endpoint.target(), 2).await;
    let worker = world.worker();
    for delivery in &deliveries {
        worker.deliver(&[*delivery]).await;
    }

    let outcome =
        |report: postrider_domain::ports::DeliveryReport| report.attempts[0].outcome.clone();
    assert_eq!(
        outcome(world.report(deliveries[0]).await),
        AttemptOutcome::Succeeded { status: 200 }
    );
    assert_eq!(outcome(world.report(deliveries[1]).await).cause(), Some(FailureCause::TooLarge));
}

#[tokio::test]
async fn a_compressed_body_is_not_inflated() {
    let world = World::new().await;
    let reply = Reply::status(200).header("Content-Encoding", "gzip").body("not even gzip");
    let endpoint = FakeEndpoint::start([reply]).await;
    let delivery = world.delivery_to(endpoint.target()).await;

    world.worker().deliver(&[delivery]).await;

    let [attempt] = world.report(delivery).await.attempts.try_into().unwrap();
    assert_eq!(attempt.outcome, AttemptOutcome::Succeeded { status: 200 });
    assert_eq!(attempt.response.unwrap().body, b"not even gzip");
    let [request] = endpoint.requests().try_into().unwrap();
    assert!(!request.headers.iter().any(|(name, _)| name == "accept-encoding"));
}
