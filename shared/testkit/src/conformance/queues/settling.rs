//! What becomes of received messages.

use postrider_domain::ports::QueueName;

use super::CaseResult;
use super::given;
use crate::brokers::{Broker, DELIVERY_LIMIT};

pub async fn an_acknowledged_message_is_gone(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let publisher = queue.publisher();
    let mut consumer = queue.consume(QueueName::Deliveries, 10).await?;
    publisher.publish(QueueName::Deliveries, vec![given::message("done")]).await?;
    assert_eq!(given::drain(consumer.as_mut(), 1).await?, ["done"]);
    drop(consumer);

    let mut consumer = queue.consume(QueueName::Deliveries, 10).await?;
    publisher.publish(QueueName::Deliveries, vec![given::message("next")]).await?;
    assert_eq!(given::drain(consumer.as_mut(), 1).await?, ["next"]);
    Ok(())
}

pub async fn a_dropped_message_comes_back(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Deliveries, 10).await?;
    queue.publisher().publish(QueueName::Deliveries, vec![given::message("again")]).await?;
    drop(given::take(consumer.as_mut(), 1).await?);
    assert_eq!(given::drain(consumer.as_mut(), 1).await?, ["again"]);
    Ok(())
}

pub async fn a_requeued_message_goes_to_whoever_is_free(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut busy = queue.consume(QueueName::Deliveries, 2).await?;
    queue.publisher().publish(QueueName::Deliveries, given::messages("m", 2)).await?;
    let mut held = given::take(busy.as_mut(), 2).await?;
    let mut other = queue.consume(QueueName::Deliveries, 10).await?;

    // Not taken back by the one that gave it away, whose user does not ask for more.
    let requeued = held.remove(1);
    let body = requeued.body.clone();
    drop(busy);
    requeued.requeue();
    assert_eq!(given::drain(other.as_mut(), 1).await?, [body]);
    assert_eq!(held.into_iter().map(given::ack).collect::<Vec<_>>(), given::bodies("m", 1));
    Ok(())
}

pub async fn a_dead_lettered_message_is_kept_aside(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    for name in QueueName::ALL {
        let mut consumer = queue.consume(*name, 10).await?;
        queue.publisher().publish(*name, given::messages(name.as_str(), 2)).await?;
        for message in given::take(consumer.as_mut(), 1).await? {
            message.dead_letter();
        }
        assert_eq!(given::drain(consumer.as_mut(), 1).await?, given::bodies(name.as_str(), 2)[1..]);
    }
    let dead = QueueName::ALL.iter().flat_map(|name| given::bodies(name.as_str(), 1));
    let expected = given::sorted(dead.collect());
    assert_eq!(given::sorted(broker.dead(QueueName::ALL.len()).await), expected);
    Ok(())
}

pub async fn a_message_that_keeps_coming_back_ends_dead(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Deliveries, 1).await?;
    queue.publisher().publish(QueueName::Deliveries, given::messages("m", 2)).await?;
    // It is put back as often as the limit says; once more is too often.
    for _ in 0..=DELIVERY_LIMIT {
        for message in given::take(consumer.as_mut(), 1).await? {
            assert_eq!(message.body, "m-0");
            message.requeue();
        }
    }
    assert_eq!(given::drain(consumer.as_mut(), 1).await?, ["m-1"]);
    assert_eq!(broker.dead(1).await, ["m-0"]);
    Ok(())
}

pub async fn verdicts_in_any_order_hit_their_own_message(broker: &dyn Broker) -> CaseResult {
    const COUNT: usize = 90;
    let queue = broker.queue();
    let mut consumer = queue.consume(QueueName::Deliveries, 100).await?;
    queue.publisher().publish(QueueName::Deliveries, given::messages("m", COUNT)).await?;
    let taken = given::take(consumer.as_mut(), COUNT).await?;

    let (mut back, mut dead) = (Vec::new(), Vec::new());
    let mut taken: Vec<_> = taken.into_iter().enumerate().collect();
    // 37 and 90 have no common divisor, so this visits each once, far from order.
    taken.sort_by_key(|(number, _)| (number * 37) % COUNT);
    for (number, message) in taken {
        match number % 3 {
            0 => message.ack(),
            1 => {
                back.push(message.body.clone());
                message.requeue();
            }
            _ => {
                dead.push(message.body.clone());
                message.dead_letter();
            }
        }
    }

    let arrived = given::drain(consumer.as_mut(), back.len()).await?;
    assert_eq!(given::sorted(arrived), given::sorted(back));
    assert_eq!(given::sorted(broker.dead(dead.len()).await), given::sorted(dead));
    Ok(())
}

pub async fn what_a_dropped_consumer_had_goes_to_others(broker: &dyn Broker) -> CaseResult {
    let queue = broker.queue();
    queue.publisher().publish(QueueName::Deliveries, given::messages("m", 20)).await?;
    let mut leaving = queue.consume(QueueName::Deliveries, 100).await?;
    let held = given::take(leaving.as_mut(), 3).await?;
    drop(leaving);

    // What it did not hand out goes back now; what it did still waits for its verdict.
    let mut staying = queue.consume(QueueName::Deliveries, 100).await?;
    let arrived = given::drain(staying.as_mut(), 17).await?;
    assert_eq!(given::sorted(arrived), given::sorted(given::bodies("m", 20)[3..].to_vec()));

    let late: Vec<_> = held.into_iter().map(given::ack).collect();
    assert_eq!(late, given::bodies("m", 3));
    queue.publisher().publish(QueueName::Deliveries, vec![given::message("last")]).await?;
    assert_eq!(given::drain(staying.as_mut(), 1).await?, ["last"]);
    Ok(())
}
