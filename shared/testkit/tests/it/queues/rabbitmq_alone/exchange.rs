//! Publishing to exchanges that are not ours.

use std::net::SocketAddr;

use backon::Retryable;
use bytes::Bytes;
use postrider_queue_rabbitmq::{ExchangeError, ExchangeMessage, ExchangePublisher, RabbitSettings};
use postrider_testkit::brokers::RabbitBroker;
use postrider_testkit::conformance::queues::CaseResult;
use postrider_testkit::proxy::TcpProxy;
use tokio::time::timeout;

use super::{PATIENCE, often};

fn message(exchange: &str, routing_key: &str) -> ExchangeMessage {
    ExchangeMessage {
        exchange: exchange.into(),
        routing_key: routing_key.into(),
        content_type: Some("text/plain".into()),
        message_id: Some("inb_1".into()),
        headers: vec![("postrider-receiver".into(), "github".into())],
        body: Bytes::from_static(b"body \x00\xff"),
    }
}

fn publisher(broker: &RabbitBroker) -> ExchangePublisher {
    ExchangePublisher::new(broker.settings()).expect("the settings are valid")
}

fn publisher_through(broker: &RabbitBroker, address: SocketAddr) -> ExchangePublisher {
    ExchangePublisher::new(broker.settings_through(address)).expect("the settings are valid")
}

#[tokio::test]
async fn a_message_arrives_with_everything_it_was_given() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let mut tap = broker.tap("foreign", "in.#").await;
    let sent = message(tap.exchange(), "in.github");
    let publisher = publisher(&broker);
    publisher.publish(&sent).await?;

    let arrived = timeout(PATIENCE, tap.next()).await?;
    assert_eq!(arrived.routing_key, "in.github");
    assert_eq!(arrived.content_type, sent.content_type);
    assert_eq!(arrived.message_id, sent.message_id);
    assert_eq!(arrived.headers, sent.headers);
    assert_eq!(arrived.body, sent.body);
    assert!(arrived.persistent);
    publisher.close().await;
    Ok(())
}

#[tokio::test]
async fn a_message_that_no_queue_is_bound_for_is_an_error_and_harms_no_other() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let mut tap = broker.tap("foreign", "in.#").await;
    let publisher = publisher(&broker);

    let lost = publisher.publish(&message(tap.exchange(), "out")).await.unwrap_err();
    assert!(matches!(lost, ExchangeError::Unroutable { .. }), "{lost:?}");
    assert!(lost.to_string().contains("`out`"), "{lost}");

    publisher.publish(&message(tap.exchange(), "in")).await?;
    assert_eq!(timeout(PATIENCE, tap.next()).await?.routing_key, "in");
    Ok(())
}

#[tokio::test]
async fn an_exchange_that_is_not_there_is_named_and_may_be_declared_later() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let publisher = publisher(&broker);
    let sent = message(&broker.name("foreign"), "in");

    let refused = publisher.publish(&sent).await.unwrap_err();
    assert!(matches!(refused, ExchangeError::NoExchange { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&sent.exchange), "{refused}");

    let mut tap = broker.tap("foreign", "#").await;
    publisher.publish(&sent).await?;
    assert_eq!(timeout(PATIENCE, tap.next()).await?.body, sent.body);
    Ok(())
}

#[tokio::test]
async fn many_messages_at_once_each_have_their_own_outcome() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let mut tap = broker.tap("foreign", "in.#").await;
    let publisher = publisher(&broker);

    let messages: Vec<_> = (0..100)
        .map(|n| message(tap.exchange(), if n % 2 == 0 { "in.even" } else { "odd" }))
        .collect();
    let calls = messages.iter().map(|message| publisher.publish(message));
    let outcomes = futures_util::future::join_all(calls).await;
    for (n, outcome) in outcomes.iter().enumerate() {
        assert_eq!(outcome.is_ok(), n % 2 == 0, "message {n}: {outcome:?}");
    }
    for _ in 0..50 {
        assert_eq!(timeout(PATIENCE, tap.next()).await?.routing_key, "in.even");
    }
    Ok(())
}

#[tokio::test]
async fn a_lost_connection_is_made_again_with_the_next_message() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let mut tap = broker.tap("foreign", "#").await;
    let proxy = TcpProxy::start(RabbitBroker::target()).await;
    let publisher = publisher_through(&broker, proxy.address());
    let sent = message(tap.exchange(), "in");
    publisher.publish(&sent).await?;
    timeout(PATIENCE, tap.next()).await?;

    proxy.cut();
    let publish = || publisher.publish(&sent);
    publish.retry(often()).await?;
    assert_eq!(timeout(PATIENCE, tap.next()).await?.body, sent.body);
    Ok(())
}

#[tokio::test]
async fn a_broker_that_is_away_or_silent_is_an_error_and_not_a_wait_for_ever() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let mut tap = broker.tap("foreign", "#").await;
    let proxy = TcpProxy::start(RabbitBroker::target()).await;
    let hurried = std::time::Duration::from_millis(300);
    let publisher = ExchangePublisher::new(RabbitSettings {
        connect_timeout: hurried,
        confirm_timeout: hurried,
        ..broker.settings_through(proxy.address())
    })?;
    let sent = message(tap.exchange(), "in");

    proxy.refuse();
    let refused = timeout(PATIENCE, publisher.publish(&sent)).await?.unwrap_err();
    assert!(matches!(refused, ExchangeError::Unavailable { .. }), "{refused:?}");

    proxy.forward();
    let publish = || publisher.publish(&sent);
    publish.retry(often()).await?;
    timeout(PATIENCE, tap.next()).await?;

    proxy.stall();
    let silent = timeout(PATIENCE, publisher.publish(&sent)).await?.unwrap_err();
    assert!(matches!(silent, ExchangeError::Unavailable { .. }), "{silent:?}");

    proxy.forward();
    publish.retry(often()).await?;
    timeout(PATIENCE, tap.next()).await?;
    Ok(())
}

#[tokio::test]
async fn a_routing_key_that_amqp_has_no_room_for_is_refused() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let refused = publisher(&broker).publish(&message("", &"x".repeat(256))).await.unwrap_err();
    assert!(matches!(refused, ExchangeError::TooLong), "{refused:?}");
    Ok(())
}

#[test]
fn an_address_that_cannot_be_right_is_refused_without_repeating_it() {
    let refused = ExchangePublisher::new(RabbitSettings::new("http://user:hunter2@broker"));
    assert!(!refused.err().unwrap().to_string().contains("hunter2"));
}
