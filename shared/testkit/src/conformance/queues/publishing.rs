//! Publishing.

use bytes::Bytes;
use futures_util::future::try_join_all;
use postrider_domain::ports::QueueName;

use super::CaseResult;
use super::given;
use crate::brokers::Broker;

pub async fn messages_of_one_call_arrive_in_order(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Deliveries, 100).await?;
    queue.publisher().publish(QueueName::Deliveries, given::messages("m", 1_000)).await?;
    let arrived = given::drain(consumer.as_mut(), 1_000).await?;
    assert_eq!(arrived, given::bodies("m", 1_000));
    Ok(())
}

pub async fn messages_of_calls_after_each_other_arrive_in_order(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let publisher = queue.publisher();
    for message in given::messages("m", 50) {
        publisher.publish(QueueName::Events, vec![message]).await?;
    }
    let mut consumer = queue.consume(QueueName::Events, 100).await?;
    assert_eq!(given::drain(consumer.as_mut(), 50).await?, given::bodies("m", 50));
    Ok(())
}

pub async fn a_body_arrives_byte_for_byte(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let large: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    let bodies = [Bytes::new(), Bytes::from_static(b"\0\xff\n\r \xce"), Bytes::from(large)];
    for name in QueueName::ALL {
        let messages = bodies.iter().cloned().map(given::message).collect();
        queue.publisher().publish(*name, messages).await?;
        let mut consumer = queue.consume(*name, 10).await?;
        assert_eq!(given::drain(consumer.as_mut(), bodies.len()).await?, bodies);
    }
    Ok(())
}

pub async fn a_message_is_in_its_own_queue_only(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    for name in QueueName::ALL {
        queue.publisher().publish(*name, vec![given::message(name.as_str())]).await?;
    }
    for name in QueueName::ALL {
        let mut consumer = queue.consume(*name, 10).await?;
        assert_eq!(given::drain(consumer.as_mut(), 1).await?, [name.as_str()]);
        // Whatever else were there would arrive before this.
        queue.publisher().publish(*name, vec![given::message("last")]).await?;
        assert_eq!(given::drain(consumer.as_mut(), 1).await?, ["last"]);
    }
    Ok(())
}

pub async fn what_waits_is_counted_until_it_is_taken(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    for name in QueueName::ALL {
        assert_eq!(queue.depth(*name).await?, 0, "{name:?}");
    }
    queue.publisher().publish(QueueName::Retries, given::messages("m", 3)).await?;
    assert_eq!(queue.depth(QueueName::Retries).await?, 3);
    assert_eq!(queue.depth(QueueName::Deliveries).await?, 0);

    let mut consumer = queue.consume(QueueName::Retries, 1).await?;
    let taken = given::take(consumer.as_mut(), 1).await?;
    assert_eq!(queue.depth(QueueName::Retries).await?, 2);
    drop(taken);
    assert_eq!(given::drain(consumer.as_mut(), 3).await?.len(), 3);
    // The broker is told of the last one a moment later.
    while queue.depth(QueueName::Retries).await? > 0 {}
    Ok(())
}

pub async fn a_queue_that_was_closed_has_no_depth(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    queue.close().await;
    assert!(queue.depth(QueueName::Events).await.is_err());
    Ok(())
}

pub async fn publishing_nothing_does_nothing(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    queue.publisher().publish(QueueName::Events, vec![]).await?;
    queue.publisher().publish(QueueName::Events, vec![given::message("only")]).await?;
    let mut consumer = queue.consume(QueueName::Events, 10).await?;
    assert_eq!(given::drain(consumer.as_mut(), 1).await?, ["only"]);
    Ok(())
}

pub async fn many_callers_at_once_lose_nothing(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Deliveries, 500).await?;
    let publisher = queue.publisher();
    let calls = (0..40).map(|caller| {
        let messages = given::messages(&format!("caller-{caller}"), 50);
        publisher.publish(QueueName::Deliveries, messages)
    });
    let (_, arrived) =
        tokio::try_join!(try_join_all(calls), given::drain(consumer.as_mut(), 40 * 50))?;
    let expected = (0..40).flat_map(|caller| given::bodies(&format!("caller-{caller}"), 50));
    assert_eq!(given::sorted(arrived), given::sorted(expected.collect()));
    Ok(())
}

pub async fn a_cancelled_publish_harms_no_other(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let publisher = queue.publisher();
    let mut consumer = queue.consume(QueueName::Events, 500).await?;
    for round in 0..20 {
        let cancelled = publisher.publish(QueueName::Deliveries, given::messages("cancelled", 200));
        let kept = publisher.publish(QueueName::Events, given::messages("kept", 10));
        // Whichever is first: the other one is dropped on its way, or the kept one is done again.
        tokio::select! {
            kept = kept => kept?,
            cancelled = cancelled => {
                cancelled?;
                publisher.publish(QueueName::Events, given::messages("kept", 10)).await?;
            }
        }
        let marker = format!("round-{round}");
        publisher.publish(QueueName::Events, vec![given::message(marker.clone())]).await?;
        while given::drain(consumer.as_mut(), 1).await? != [marker.as_str()] {}
    }
    Ok(())
}
