//! What only the queues inside the process have: a limit to how much they hold.

use std::time::Duration;

use futures_util::future::{join, try_join};
use postrider_domain::ports::{Queue, QueueError, QueueName};
use postrider_queue_local::{LocalQueue, LocalSettings};
use postrider_testkit::conformance::queues::{CaseResult, given};

const SMALL: LocalSettings = LocalSettings {
    capacity: 4,
    publish_timeout: Duration::from_millis(200),
    delivery_limit: 1,
    dead_capacity: 10,
};

#[tokio::test]
async fn a_full_queue_refuses_after_the_time_out() -> CaseResult {
    let queue = LocalQueue::new(&SMALL);
    let publisher = queue.publisher();
    publisher.publish(QueueName::Events, given::messages("m", 4)).await?;
    let started = std::time::Instant::now();
    let refused = publisher.publish(QueueName::Events, vec![given::message("too many")]).await;
    assert!(matches!(refused, Err(QueueError::Unavailable { .. })), "{refused:?}");
    assert!(started.elapsed() >= SMALL.publish_timeout);
    // The other queue has room of its own.
    publisher.publish(QueueName::Deliveries, given::messages("m", 4)).await?;
    Ok(())
}

#[tokio::test]
async fn a_publish_larger_than_the_queue_goes_on_as_room_is_made() -> CaseResult {
    let queue = LocalQueue::new(&SMALL);
    let mut consumer = queue.consume(QueueName::Events, 10).await?;
    let publisher = queue.publisher();
    let publish = publisher.publish(QueueName::Events, given::messages("m", 50));
    let (arrived, ()) = try_join(given::drain(consumer.as_mut(), 50), publish).await?;
    assert_eq!(arrived, given::bodies("m", 50));
    Ok(())
}

#[tokio::test]
async fn what_is_being_worked_on_takes_up_room_until_it_is_settled() -> CaseResult {
    let queue = LocalQueue::new(&SMALL);
    let mut consumer = queue.consume(QueueName::Events, 10).await?;
    let publisher = queue.publisher();
    publisher.publish(QueueName::Events, given::messages("m", 4)).await?;
    let mut held = given::take(consumer.as_mut(), 4).await?;
    publisher.publish(QueueName::Events, vec![given::message("refused")]).await.unwrap_err();
    held.remove(0).ack();
    held.remove(0).dead_letter();
    publisher.publish(QueueName::Events, given::messages("more", 2)).await?;
    Ok(())
}

#[tokio::test]
async fn closing_sends_a_publisher_that_waits_for_room_away() -> CaseResult {
    let queue = LocalQueue::new(&SMALL);
    let publisher = queue.publisher();
    publisher.publish(QueueName::Events, given::messages("m", 4)).await?;
    let (refused, ()) =
        join(publisher.publish(QueueName::Events, vec![given::message("late")]), queue.close())
            .await;
    assert!(matches!(refused, Err(QueueError::Closed)), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn the_dead_can_be_read_with_the_queue_they_came_from() -> CaseResult {
    let queue = LocalQueue::new(&SMALL);
    let mut consumer = queue.consume(QueueName::Deliveries, 10).await?;
    queue.publisher().publish(QueueName::Deliveries, vec![given::message("poison")]).await?;
    for message in given::take(consumer.as_mut(), 1).await? {
        message.dead_letter();
    }
    let dead = queue.dead();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].queue, dead[0].body.as_ref()), (QueueName::Deliveries, b"poison".as_ref()));
    Ok(())
}
