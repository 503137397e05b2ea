//! Messages that are lost, and queues that are away.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use postrider_domain::ports::{Outgoing, Publisher, Queue, QueueError, QueueName};
use postrider_queue_local::{LocalQueue, LocalSettings};

use crate::on_every_pair;
use crate::probe::{Act, Probe};
use crate::world::World;

on_every_pair! {
    a_webhook_whose_message_was_lost_is_rescued,
    webhooks_are_accepted_while_the_queue_is_closed_and_processed_later,
    a_message_that_cannot_be_read_does_no_harm,
}

/// Loses every message.
pub(crate) struct Lost;

#[async_trait]
impl Publisher for Lost {
    async fn publish(&self, _: QueueName, _: Vec<Outgoing>) -> Result<(), QueueError> {
        Ok(())
    }
}

async fn a_webhook_whose_message_was_lost_is_rescued(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    world.inbox_with(Arc::new(Lost)).accept(&world.webhook("", "a")).await.unwrap();
    assert_eq!(world.only().await.due_at, Some(world.now() + world.config.rescue_after));
    world.clock.advance(world.config.rescue_after);
    world.until_processed(1).await;
    assert_eq!(first.runs(), 1);
    assert!((world.counter("postrider_inbox_due_total") - 1.0).abs() < f64::EPSILON);
}

async fn webhooks_are_accepted_while_the_queue_is_closed_and_processed_later(world: World) {
    let closed = LocalQueue::new(&LocalSettings::default());
    closed.close().await;
    let inbox = world.inbox_with(closed.publisher());
    for number in 0..30 {
        inbox
            .accept(&world.webhook(&format!("{}", number % 5), &format!("{number}")))
            .await
            .unwrap();
    }
    let first = Probe::always("first", 1, Act::Succeed);
    let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
    world.clock.advance(world.config.rescue_after);
    world.until_processed(30).await;
    assert_eq!(first.runs(), 30);
}

async fn a_message_that_cannot_be_read_does_no_harm(world: World) {
    let first = Probe::always("first", 1, Act::Succeed);
    let _processor = world.processor([&first]).await;
    let poison = Outgoing {
        routing_key: String::new(),
        content_type: "application/json",
        body: Bytes::from_static(b"nonsense"),
    };
    world.queue.publisher().publish(QueueName::Inbox, vec![poison]).await.unwrap();
    world.inbox().accept(&world.webhook("", "a")).await.unwrap();
    world.until_processed(1).await;
}

mod services_alone {
    use postrider_queue_rabbitmq::RabbitQueue;
    use postrider_testkit::brokers::RabbitBroker;
    use postrider_testkit::databases::{Database, SqliteDatabase};
    use postrider_testkit::proxy::TcpProxy;

    use super::*;

    #[tokio::test]
    async fn webhooks_are_accepted_while_the_broker_is_away_and_processed_when_it_is_back() {
        let broker = RabbitBroker::create().await;
        let proxy = TcpProxy::start(RabbitBroker::target()).await;
        let settings = broker.settings_through(proxy.address());
        let queue = Arc::new(RabbitQueue::connect(settings).unwrap());
        let database = SqliteDatabase::create().await;
        let store = database.inbox().await;
        let world = World::new(store, queue, Box::new((database, broker)));
        let first = Probe::always("first", 1, Act::Succeed);
        let (_processor, _scheduler) = (world.processor([&first]).await, world.announcing());
        let inbox = world.inbox();
        inbox.accept(&world.webhook("", "before")).await.unwrap();
        world.until_processed(1).await;

        proxy.refuse();
        for number in 0..10 {
            inbox.accept(&world.webhook("", &format!("{number}"))).await.unwrap();
        }
        proxy.forward();
        // Some may be announced by then; the scheduler finds the others.
        world.until_over().await;
        assert_eq!(first.runs(), 11);
    }
}
