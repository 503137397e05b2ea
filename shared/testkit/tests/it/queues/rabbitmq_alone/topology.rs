//! Queues and exchanges are deleted, shared or declared otherwise by somebody else.

use futures_util::StreamExt;
use futures_util::future::{join, try_join_all};
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use postrider_domain::ports::{Health, Queue, QueueError, QueueName};
use postrider_queue_rabbitmq::{RabbitQueue, RabbitSettings};
use postrider_testkit::brokers::{Broker, RabbitBroker};
use postrider_testkit::conformance::queues::{CaseResult, given};

use tokio::sync::Notify;

use super::Line;

#[tokio::test]
async fn a_publish_to_a_deleted_queue_is_an_error_and_the_next_one_succeeds() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let queue = broker.queue();
    let publisher = queue.publisher();
    for (name, suffix) in
        [(QueueName::Deliveries, "deliveries.v1"), (QueueName::Events, "events.v1")]
    {
        publisher.publish(name, given::messages("before", 1)).await?;
        broker.delete_queue(suffix).await;
        let lost = publisher.publish(name, given::messages("lost", 3)).await;
        assert!(matches!(lost, Err(QueueError::Unroutable)), "{lost:?}");

        publisher.publish(name, given::messages("kept", 3)).await?;
        let mut consumer = queue.consume(name, 10).await?;
        assert_eq!(given::drain(consumer.as_mut(), 3).await?, given::bodies("kept", 3));
    }
    Ok(())
}

#[tokio::test]
async fn a_publish_to_a_deleted_exchange_is_an_error_and_the_next_one_succeeds() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let queue = broker.queue();
    let publisher = queue.publisher();
    let mut consumer = queue.consume(QueueName::Events, 10).await?;
    // Several channels exist by now, and each of them has to be well again.
    let calls = (0..8).map(|_| publisher.publish(QueueName::Events, given::messages("m", 1)));
    try_join_all(calls).await?;
    given::drain(consumer.as_mut(), 8).await?;

    broker.delete_exchange().await;
    let lost = publisher.publish(QueueName::Events, given::messages("lost", 1)).await;
    assert!(matches!(lost, Err(QueueError::Unroutable)), "{lost:?}");
    let calls = (0..8).map(|_| publisher.publish(QueueName::Events, given::messages("m", 1)));
    try_join_all(calls).await?;
    given::drain(consumer.as_mut(), 8).await?;
    Ok(())
}

#[tokio::test]
async fn a_consumer_outlives_its_queue() -> CaseResult {
    let line = Line::open().await;
    let mut consumer = line.queue.consume(QueueName::Deliveries, 10).await?;
    line.insist(QueueName::Deliveries, &given::messages("before", 2)).await?;
    let held = given::take(consumer.as_mut(), 1).await?;
    line.broker.delete_queues().await;

    line.insist(QueueName::Deliveries, &given::messages("after", 1)).await?;
    // Whatever had been handed to the channel before may still come.
    while given::drain(consumer.as_mut(), 1).await? != given::bodies("after", 1) {}
    drop(held);
    line.wait_for_health(|health| *health == Health::Up).await;
    Ok(())
}

/// RabbitMQ confirms what it could not route, and sends it back just before. A client that lets
/// several calls share a channel can take one call's lost message for another's.
#[tokio::test]
async fn a_lost_message_is_reported_to_its_own_publisher_and_to_no_other() -> CaseResult {
    const CALLERS: usize = 10;
    let broker = RabbitBroker::create().await;
    let queue = broker.queue();
    let publisher = queue.publisher();
    let mut events = queue.consume(QueueName::Events, 500).await?;
    let keep = async || publisher.publish(QueueName::Events, given::messages("kept", 50)).await;
    for _ in 0..10 {
        // Opening a channel declares what is missing, so there have to be enough of them beforehand.
        try_join_all((0..=CALLERS).map(|_| keep())).await?;
        given::drain(events.as_mut(), (CALLERS + 1) * 50).await?;
        broker.delete_queue("deliveries.v1").await;
        let under_way = Notify::new();
        let kept = (0..CALLERS).map(async |_| {
            for _ in 0..5 {
                keep().await?;
                under_way.notify_one();
            }
            Ok::<_, QueueError>(())
        });
        // In the midst of the others' confirms its messages come back.
        let lost = async {
            under_way.notified().await;
            publisher.publish(QueueName::Deliveries, given::messages("lost", 200)).await
        };
        let (kept, lost) = join(try_join_all(kept), lost).await;
        assert!(matches!(lost, Err(QueueError::Unroutable)), "{lost:?}");
        kept?;
        given::drain(events.as_mut(), CALLERS * 5 * 50).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_queue_declared_otherwise_is_named_by_the_health_report() -> CaseResult {
    let line = Line::open().await;
    line.insist(QueueName::Events, &given::messages("m", 1)).await?;

    let settings = line.broker.settings();
    let other_limit = settings.delivery_limit + 1;
    let differing =
        RabbitQueue::connect(RabbitSettings { delivery_limit: other_limit, ..settings })?;
    let refused = differing.publisher().publish(QueueName::Events, given::messages("m", 1)).await;
    assert!(matches!(refused, Err(QueueError::Unavailable { .. })), "{refused:?}");
    let Health::Down(reason) = differing.health() else { panic!("it cannot be used") };
    assert!(reason.contains("x-delivery-limit"), "{reason}");
    differing.close().await;
    Ok(())
}

#[tokio::test]
async fn other_services_can_bind_to_the_events_they_want() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let queue = broker.queue();
    queue.publisher().publish(QueueName::Events, given::messages("declares", 1)).await?;

    let connection = broker.connection().await;
    let channel = connection.create_channel().await?;
    let exclusive = QueueDeclareOptions { exclusive: true, ..Default::default() };
    let own = channel.queue_declare("".into(), exclusive, FieldTable::default()).await?;
    let (exchange, name) = (broker.name("events"), own.name().clone());
    let binding = (QueueBindOptions::default(), FieldTable::default());
    channel
        .queue_bind(name.clone(), exchange.into(), "tasks.*".into(), binding.0, binding.1)
        .await?;

    let mut unwanted = given::message("a report");
    unwanted.routing_key = "reports.Added".into();
    let wanted = given::message("a task");
    queue.publisher().publish(QueueName::Events, vec![unwanted, wanted]).await?;

    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let mut theirs = channel.basic_consume(name, "".into(), options, FieldTable::default()).await?;
    let event = theirs.next().await.expect("the channel is open")?;
    assert_eq!(event.data, b"a task");
    assert_eq!(event.properties.content_type(), &Some("text/plain".into()));
    assert_eq!(event.properties.delivery_mode(), &Some(2));
    Ok(())
}

#[tokio::test]
async fn a_routing_key_that_is_too_long_is_refused_and_harms_no_other() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let queue = broker.queue();
    let mut message = given::message("m");
    message.routing_key = "x".repeat(256);
    let refused = queue.publisher().publish(QueueName::Events, vec![message]).await;
    assert!(matches!(refused, Err(QueueError::Unavailable { .. })), "{refused:?}");
    queue.publisher().publish(QueueName::Events, given::messages("m", 1)).await?;
    Ok(())
}
