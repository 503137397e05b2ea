//! Closing.

use futures_util::future::join;
use postrider_domain::ports::{Health, QueueError, QueueName};

use super::CaseResult;
use super::given;
use crate::brokers::Broker;

pub async fn a_queue_in_use_is_up(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Events, 10).await?;
    queue.publisher().publish(QueueName::Events, vec![given::message("m")]).await?;
    given::drain(consumer.as_mut(), 1).await?;
    assert_eq!(queue.health(), Health::Up);
    Ok(())
}

pub async fn closing_ends_consumers_that_wait(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Events, 10).await?;
    let (ended, ()) = join(consumer.next(1), queue.close()).await;
    assert!(matches!(ended, Err(QueueError::Closed)), "{ended:?}");
    let again = consumer.next(1).await;
    assert!(matches!(again, Err(QueueError::Closed)), "{again:?}");
    Ok(())
}

pub async fn closing_ends_consumers_with_messages_to_come(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Events, 10).await?;
    queue.publisher().publish(QueueName::Events, given::messages("m", 5)).await?;
    let held = given::take(consumer.as_mut(), 1).await?;
    queue.close().await;
    let ended = consumer.next(1).await;
    assert!(matches!(ended, Err(QueueError::Closed)), "{ended:?}");
    // A verdict that comes too late has nobody to go to.
    for message in held {
        message.ack();
    }
    Ok(())
}

pub async fn a_closed_queue_takes_and_gives_nothing(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let publisher = queue.publisher();
    queue.close().await;
    queue.close().await;
    let refused = publisher.publish(QueueName::Events, vec![given::message("m")]).await;
    assert!(matches!(refused, Err(QueueError::Closed)), "{refused:?}");
    let refused = queue.consume(QueueName::Events, 1).await.map(|_| ());
    assert!(matches!(refused, Err(QueueError::Closed)), "{refused:?}");
    assert!(matches!(queue.health(), Health::Down(_)));
    Ok(())
}
