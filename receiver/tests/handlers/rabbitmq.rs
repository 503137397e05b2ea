//! Kind `publish`, on a real broker.

use std::sync::Arc;

use bytes::Bytes;
use postrider_receiver::handlers::{RabbitBrokers, Tools, build};
use postrider_receiver::{Again, Handler, Request};
use postrider_testkit::brokers::{ExchangeTap, RabbitBroker};
use tokio::time::timeout;

use super::{INBOX_ID, PATIENCE, context, handler, read, request, run, tools};

fn tools_with(queue: Option<&str>) -> Tools {
    Tools { brokers: Arc::new(RabbitBrokers::new(queue)), ..tools() }
}

fn publish(tap: &ExchangeTap, routing_key: &str, url: &str) -> Arc<dyn Handler> {
    let exchange = tap.exchange();
    let toml = format!(
        "[[handlers]]\nname = 'a'\nkind = 'publish'\nurl = '{url}'\nexchange = '{exchange}'\nrouting_key = '{routing_key}'"
    );
    handler(&toml, &tools_with(None))
}

#[tokio::test]
async fn a_webhook_is_published_as_it_was_with_what_is_known_of_it() {
    let broker = RabbitBroker::create().await;
    let mut tap = broker.tap("webhooks", "in.#").await;
    let handler = publish(&tap, "in.{receiver}.{id}.{action}", &broker.settings().url);
    run(&handler).await.unwrap();

    let arrived = timeout(PATIENCE, tap.next()).await.unwrap();
    assert_eq!(arrived.routing_key, "in.github.org1.issues.opened");
    assert_eq!(arrived.body, request().body);
    assert_eq!(arrived.content_type.as_deref(), Some("application/json; charset=latin1"));
    assert_eq!(arrived.message_id.as_deref(), Some(INBOX_ID));
    assert!(arrived.persistent);
    for (name, value) in [
        ("postrider-receiver", "github"),
        ("postrider-receiver-id", "org1"),
        ("postrider-actions", "issues.opened,a%2C%20b"),
        ("postrider-inbox-id", INBOX_ID),
        ("postrider-attempt", "3"),
    ] {
        assert!(arrived.headers.contains(&(name.into(), value.into())), "{name}");
    }
}

#[tokio::test]
async fn a_webhook_that_no_queue_is_bound_for_is_tried_again_and_told() {
    let broker = RabbitBroker::create().await;
    let tap = broker.tap("webhooks", "in.#").await;
    let lost = run(&publish(&tap, "out", &broker.settings().url)).await.unwrap_err();
    assert_eq!(lost.again, Again::Scheduled);
    assert!(lost.message.contains("no queue is bound"), "{lost}");
}

#[tokio::test]
async fn a_routing_key_that_amqp_has_no_room_for_is_not_tried_again() {
    let broker = RabbitBroker::create().await;
    let tap = broker.tap("webhooks", "#").await;
    let long = "x".repeat(256);
    let refused = run(&publish(&tap, &long, &broker.settings().url)).await.unwrap_err();
    assert_eq!(refused.again, Again::Never);
}

#[tokio::test]
async fn a_webhook_that_is_larger_than_the_broker_takes_is_not_tried_again_and_says_why() {
    // RabbitMQ 3 takes 128 MiB by default, and 4 takes 16 MiB.
    const TOO_LARGE: usize = 128 * 1024 * 1024 + 1;
    let broker = RabbitBroker::create().await;
    let mut tap = broker.tap("webhooks", "#").await;
    let handler = publish(&tap, "x", &broker.settings().url);
    let mut large = context(request());
    let body = Bytes::from(vec![b' '; TOO_LARGE]);
    large.webhook.request = Arc::new(Request { body, ..request() });
    let refused = timeout(PATIENCE, handler.handle(&mut large)).await.unwrap().unwrap_err();
    assert_eq!(refused.again, Again::Never, "{refused}");
    assert!(refused.message.contains("larger than"), "{refused}");

    run(&handler).await.unwrap();
    assert_eq!(timeout(PATIENCE, tap.next()).await.unwrap().body, request().body);
}

#[tokio::test]
async fn a_broker_that_is_away_is_tried_again_and_its_password_is_not_told() {
    let broker = RabbitBroker::create().await;
    let tap = broker.tap("webhooks", "#").await;
    let away = publish(&tap, "x", "amqp://someone:hunter2@127.0.0.1:1");
    let error = run(&away).await.unwrap_err();
    assert_eq!(error.again, Again::Scheduled);
    assert!(!error.message.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn without_a_url_the_broker_of_the_queue_is_used_if_it_is_one() {
    let broker = RabbitBroker::create().await;
    let mut tap = broker.tap("webhooks", "#").await;
    let exchange = tap.exchange();
    let toml = format!(
        "[[handlers]]\nname = 'a'\nkind = 'publish'\nexchange = '{exchange}'\nrouting_key = 'x'"
    );
    for queue in [None, Some("local:")] {
        let told = build(&read(&toml), &tools_with(queue)).err().unwrap();
        assert!(told[0].contains("`url` is not set"), "{told:?}");
    }
    let handler = handler(&toml, &tools_with(Some(&broker.settings().url)));
    run(&handler).await.unwrap();
    assert_eq!(timeout(PATIENCE, tap.next()).await.unwrap().routing_key, "x");
}

#[test]
fn an_address_that_is_no_brokers_is_a_problem_that_does_not_repeat_it() {
    let toml = "[[handlers]]\nname = 'a'\nkind = 'publish'\nurl = 'http://u:hunter2@b'\nexchange = 'e'\nrouting_key = 'x'";
    let told = build(&read(toml), &tools_with(None)).err().unwrap();
    assert!(told[0].starts_with("handler `a`: "), "{told:?}");
    assert!(!told[0].contains("hunter2"), "{told:?}");
}
