//! The broker goes away, comes back, or falls silent.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context;
use backon::Retryable;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::try_join;
use postrider_domain::ports::{Consumer, Health, Queue, QueueError, QueueName};
use postrider_queue_rabbitmq::{RabbitQueue, RabbitSettings};
use postrider_testkit::brokers::{Broker, RabbitBroker};
use postrider_testkit::conformance::queues::{CaseResult, given};
use tokio::time::timeout;

use super::{Line, PATIENCE, often};

/// What an answer that cannot come is waited for by a [`patient`] client: no test has that long.
const FOREVER: Duration = Duration::from_mins(10);

/// Much for a busy machine, and nothing beside [`FOREVER`].
const AT_ONCE: Duration = Duration::from_secs(30);

/// A client that shows when it waits for what cannot come: it would do so for ever. (A handshake that
/// is cut half way is the exception: nothing but the time limit of connecting ends its wait.)
fn patient(settings: RabbitSettings) -> RabbitSettings {
    RabbitSettings { confirm_timeout: FOREVER, ..settings }
}

/// Acknowledges messages until all of `expected` have arrived at least once.
async fn drain_all(consumer: &mut dyn Consumer, expected: &[Bytes]) -> Result<(), QueueError> {
    let mut missing: BTreeSet<Bytes> = expected.iter().cloned().collect();
    while !missing.is_empty() {
        for message in consumer.next(50).await? {
            missing.remove(&given::ack(message));
        }
    }
    Ok(())
}

/// Closes the queue, which gives back what is unsettled, and looks for it.
async fn assert_nothing_is_left(line: &Line) {
    line.queue.close().await;
    assert_eq!(line.broker.purge().await, 0, "messages are left that were settled");
}

#[tokio::test]
async fn a_broker_that_is_away_at_first_is_waited_for() -> CaseResult {
    let line = Line::open().await;
    line.proxy.refuse();
    let settings = patient(line.broker.settings_through(line.proxy.address()));
    let queue = RabbitQueue::connect(settings)?;
    let mut consumer = queue.consume(QueueName::Deliveries, 10).await?;

    let publisher = queue.publisher();
    let publish = publisher.publish(QueueName::Deliveries, given::messages("m", 1));
    let refused = timeout(AT_ONCE, publish).await?;
    assert!(matches!(refused, Err(QueueError::Unavailable { .. })), "{refused:?}");
    assert!(matches!(queue.health(), Health::Down(_)));

    line.proxy.forward();
    line.insist(QueueName::Deliveries, &given::messages("m", 1)).await?;
    assert_eq!(given::drain(consumer.as_mut(), 1).await?, given::bodies("m", 1));
    queue.close().await;
    Ok(())
}

#[tokio::test]
async fn nothing_is_lost_while_connections_are_cut_again_and_again() -> CaseResult {
    const ROUNDS: usize = 25;
    let line = Line::open_with(patient).await;
    let mut consumer = line.queue.consume(QueueName::Deliveries, 20).await?;
    let expected: Vec<Bytes> =
        (0..ROUNDS).flat_map(|round| given::bodies(&format!("round-{round}"), 40)).collect();

    let publish = async {
        for round in 0..ROUNDS {
            let messages = given::messages(&format!("round-{round}"), 40);
            // A call at the very moment of the cut must not wait for an answer that cannot come.
            timeout(AT_ONCE, line.insist(QueueName::Deliveries, &messages)).await??;
            line.proxy.cut();
        }
        anyhow::Ok(())
    };
    let arrive =
        async { Ok(timeout(2 * AT_ONCE, drain_all(consumer.as_mut(), &expected)).await??) };
    let outcome = try_join(publish, arrive).await;
    outcome.with_context(|| format!("the connection: {:?}", line.queue.health()))?;
    Ok(())
}

#[tokio::test]
async fn a_publish_in_flight_fails_when_its_connection_is_cut() -> CaseResult {
    let line = Line::open_with(patient).await;
    line.publisher.publish(QueueName::Deliveries, given::messages("before", 1)).await?;

    line.proxy.stall();
    let mut publish =
        line.publisher.publish(QueueName::Deliveries, given::messages("in flight", 1));
    assert!((&mut publish).now_or_never().is_none());
    line.proxy.cut();
    let failed = timeout(AT_ONCE, publish).await?;
    assert!(matches!(failed, Err(QueueError::Unavailable { .. })), "{failed:?}");

    line.proxy.forward();
    line.insist(QueueName::Deliveries, &given::messages("after", 1)).await?;
    Ok(())
}

#[tokio::test]
async fn a_broker_that_falls_silent_is_noticed_by_a_publish() -> CaseResult {
    let patience = Duration::from_millis(300);
    let line = Line::open_with(|settings| RabbitSettings {
        confirm_timeout: patience,
        connect_timeout: patience,
        ..settings
    })
    .await;
    let mut consumer = line.queue.consume(QueueName::Deliveries, 10).await?;
    line.insist(QueueName::Deliveries, &given::messages("before", 1)).await?;

    line.proxy.stall();
    let failed = line.publisher.publish(QueueName::Deliveries, given::messages("m", 1)).await;
    assert!(matches!(failed, Err(QueueError::Unavailable { .. })), "{failed:?}");
    let health = line.wait_for_health(|health| *health != Health::Up).await;
    assert_eq!(
        health,
        Health::Down("the broker did not answer in time: deadline has elapsed".into())
    );

    // Connections that nobody answers are given up one after the other, until one is answered.
    line.proxy.forward();
    line.insist(QueueName::Deliveries, &given::messages("after", 1)).await?;
    let expected = [given::bodies("before", 1), given::bodies("after", 1)].concat();
    drain_all(consumer.as_mut(), &expected).await?;
    line.wait_for_health(|health| *health == Health::Up).await;
    Ok(())
}

#[tokio::test]
async fn a_verdict_on_a_message_of_a_lost_connection_is_void() -> CaseResult {
    let line = Line::open().await;
    let mut consumer = line.queue.consume(QueueName::Deliveries, 10).await?;
    line.insist(QueueName::Deliveries, &given::messages("m", 3)).await?;
    let stale = given::take(consumer.as_mut(), 3).await?;
    line.proxy.cut();

    // All three are delivered again. A stale rejection that got through would end one of them.
    let fresh = given::take(consumer.as_mut(), 3).await?;
    for message in stale {
        message.dead_letter();
    }
    let arrived: Vec<Bytes> = fresh.into_iter().map(given::ack).collect();
    assert_eq!(given::sorted(arrived), given::bodies("m", 3));
    line.insist(QueueName::Deliveries, &given::messages("next", 1)).await?;
    assert_eq!(given::drain(consumer.as_mut(), 1).await?, given::bodies("next", 1));
    assert_nothing_is_left(&line).await;
    Ok(())
}

#[tokio::test]
async fn messages_of_a_lost_connection_come_again_all_of_them() -> CaseResult {
    let line = Line::open().await;
    let mut consumer = line.queue.consume(QueueName::Deliveries, 10).await?;
    line.insist(QueueName::Deliveries, &given::messages("m", 10)).await?;
    // By the fifth the other five have come, and wait to be taken.
    let held = given::take(consumer.as_mut(), 5).await?;
    line.proxy.cut();

    // Some of the other five may still be given out before the loss is noticed.
    let (mut again, expected) = (Vec::new(), given::bodies("m", 10));
    while !again.ends_with(&expected) {
        let more = timeout(PATIENCE, consumer.next(10)).await??;
        again.extend(more.into_iter().map(given::ack));
    }
    assert!(again.len() <= 15, "{again:?}");
    drop(held);
    assert_nothing_is_left(&line).await;
    Ok(())
}

#[tokio::test]
async fn closing_gives_back_what_is_unsettled_and_keeps_what_was_acknowledged() -> CaseResult {
    let broker = RabbitBroker::create().await;
    let leaving = RabbitQueue::connect(broker.settings())?;
    let mut consumer = leaving.consume(QueueName::Deliveries, 5).await?;
    broker.queue().publisher().publish(QueueName::Deliveries, given::messages("m", 10)).await?;
    let mut taken = given::take(consumer.as_mut(), 3).await?;
    // Acknowledged at the last moment: the verdict is on its way when the queue is closed.
    let done: Vec<Bytes> = taken.drain(..2).map(given::ack).collect();
    leaving.close().await;

    let mut staying = broker.queue().consume(QueueName::Deliveries, 100).await?;
    let arrived = given::drain(staying.as_mut(), 8).await?;
    assert_eq!(done, given::bodies("m", 2));
    assert_eq!(given::sorted(arrived), given::bodies("m", 10)[2..]);
    assert_eq!(broker.purge().await, 0);
    Ok(())
}

#[tokio::test]
async fn closing_does_not_wait_for_a_broker_that_is_silent() -> CaseResult {
    let line = Line::open_with(|settings| RabbitSettings {
        confirm_timeout: Duration::from_millis(300),
        // Or its end would be the end of the wait too.
        heartbeat: FOREVER,
        ..settings
    })
    .await;
    let mut consumer = line.queue.consume(QueueName::Deliveries, 10).await?;
    line.insist(QueueName::Deliveries, &given::messages("m", 1)).await?;
    let held = given::take(consumer.as_mut(), 1).await?;

    line.proxy.stall();
    timeout(AT_ONCE, line.queue.close()).await?;
    drop(held);
    Ok(())
}

#[tokio::test]
async fn connection_attempts_that_are_never_answered_leave_nothing_behind() -> CaseResult {
    let line = Line::open().await;
    line.insist(QueueName::Deliveries, &given::messages("m", 1)).await?;
    line.broker.queue().publisher().publish(QueueName::Deliveries, vec![]).await?;
    line.broker.purge().await;
    let before = io_threads();

    line.proxy.stall();
    for _ in 0..5 {
        let silent = RabbitQueue::connect(RabbitSettings {
            connect_timeout: Duration::from_millis(50),
            ..line.broker.settings_through(line.proxy.address())
        })?;
        let refused = silent.publisher().publish(QueueName::Events, given::messages("m", 1)).await;
        assert!(matches!(refused, Err(QueueError::Unavailable { .. })), "{refused:?}");
        silent.close().await;
    }
    let gone = async || Some(io_threads()).filter(|threads| *threads <= before).ok_or(());
    // The broker itself gives up on such a connection too, but not before ten seconds.
    let gone = timeout(Duration::from_secs(8), gone.retry(often())).await?;
    gone.expect("the threads of the attempts end");
    Ok(())
}

/// How many threads of the AMQP client this process has; nextest runs each test in its own process.
fn io_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with("lapin-io")).count()
}
