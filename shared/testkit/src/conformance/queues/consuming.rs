//! Consuming.

use futures_util::FutureExt;
use futures_util::future::try_join;
use postrider_domain::ports::{Consumer, QueueError, QueueName};
use tokio::sync::watch;

use super::CaseResult;
use super::given;
use crate::brokers::Broker;

pub async fn a_consumer_waits_for_a_message(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Deliveries, 10).await?;
    assert!(consumer.next(10).now_or_never().is_none());
    let publisher = queue.publisher();
    let publish = publisher.publish(QueueName::Deliveries, vec![given::message("late")]);
    let (arrived, ()) = try_join(given::drain(consumer.as_mut(), 1), publish).await?;
    assert_eq!(arrived, ["late"]);
    Ok(())
}

pub async fn no_more_messages_are_returned_than_asked_for(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    queue.publisher().publish(QueueName::Deliveries, given::messages("m", 30)).await?;
    let mut consumer = queue.consume(QueueName::Deliveries, 100).await?;
    let mut arrived = Vec::new();
    for max in [1, 2, 3].into_iter().cycle() {
        let messages = consumer.next(max).await?;
        assert!((1..=max).contains(&messages.len()), "{} of {max}", messages.len());
        arrived.extend(messages.into_iter().map(given::ack));
        if arrived.len() == 30 {
            break;
        }
    }
    assert_eq!(arrived, given::bodies("m", 30));
    Ok(())
}

pub async fn what_is_beyond_the_prefetch_is_left_to_others(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let publisher = queue.publisher();
    let mut full = queue.consume(QueueName::Deliveries, 3).await?;
    publisher.publish(QueueName::Deliveries, given::messages("m", 5)).await?;
    let mut held = given::take(full.as_mut(), 3).await?;

    // With three in hand the first consumer has no claim to the rest, so another one gets it.
    let mut other = queue.consume(QueueName::Deliveries, 10).await?;
    let mut rest = given::drain(other.as_mut(), 2).await?;
    drop(other);

    // One settled makes room for one.
    let mut arrived = vec![given::ack(held.remove(0))];
    publisher.publish(QueueName::Deliveries, vec![given::message("one more")]).await?;
    held.extend(given::take(full.as_mut(), 1).await?);
    arrived.extend(held.into_iter().map(given::ack));
    arrived.append(&mut rest);

    let mut expected = given::bodies("m", 5);
    expected.push("one more".into());
    assert_eq!(given::sorted(arrived), given::sorted(expected));
    Ok(())
}

pub async fn competing_consumers_get_each_message_once(broker: &dyn Broker) -> CaseResult {
    const COUNT: usize = 500;
    let queue = broker.queue();
    let mut consumers = Vec::new();
    for _ in 0..4 {
        consumers.push(queue.consume(QueueName::Deliveries, 10).await?);
    }
    queue.publisher().publish(QueueName::Deliveries, given::messages("m", COUNT)).await?;

    let (count, _) = watch::channel(0);
    let work = consumers.iter_mut().map(|consumer| drain_until(consumer.as_mut(), &count, COUNT));
    let arrived = futures_util::future::try_join_all(work).await?.concat();
    assert_eq!(given::sorted(arrived), given::sorted(given::bodies("m", COUNT)));
    Ok(())
}

/// Takes and acknowledges until all consumers together have `total`.
async fn drain_until(
    consumer: &mut dyn Consumer,
    count: &watch::Sender<usize>,
    total: usize,
) -> Result<Vec<bytes::Bytes>, QueueError> {
    let mut arrived = Vec::new();
    let mut counted = count.subscribe();
    loop {
        let messages = tokio::select! {
            messages = consumer.next(7) => messages?,
            _ = counted.wait_for(|count| *count >= total) => return Ok(arrived),
        };
        count.send_modify(|count| *count += messages.len());
        arrived.extend(messages.into_iter().map(given::ack));
    }
}

pub async fn a_wait_that_is_given_up_loses_no_message(broker: &dyn Broker) -> CaseResult {
    const COUNT: usize = 300;
    let queue = broker.queue();
    let publisher = queue.publisher();
    let mut consumer = queue.consume(QueueName::Deliveries, 50).await?;
    let publish = async {
        for message in given::messages("m", COUNT) {
            publisher.publish(QueueName::Deliveries, vec![message]).await?;
        }
        Ok(())
    };
    let impatient = async {
        let mut arrived = Vec::new();
        while arrived.len() < COUNT {
            // Polled once and dropped, over and over, while messages arrive.
            if let Some(messages) = consumer.next(3).now_or_never() {
                arrived.extend(messages?.into_iter().map(given::ack));
            }
            tokio::task::yield_now().await;
        }
        Ok::<_, QueueError>(arrived)
    };
    let ((), arrived) = try_join(publish, impatient).await?;
    assert_eq!(arrived, given::bodies("m", COUNT));
    Ok(())
}
