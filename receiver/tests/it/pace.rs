//! How much the scheduler announces.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{
    Consumer, Health, Outgoing, Publisher, Queue, QueueError, QueueName,
};

use crate::on_every_pair;
use crate::outages::Lost;
use crate::probe::{Act, Probe};
use crate::world::World;

on_every_pair! {
    no_more_is_announced_than_a_few_batches_until_a_processor_comes,
    a_scheduler_that_cannot_announce_takes_no_more,
}

async fn accept(world: &World, count: usize) {
    let inbox = world.inbox_with(Arc::new(Lost));
    for number in 0..count {
        let url = ["a", "b", "c"][number % 3];
        inbox.accept(&world.webhook(url, &format!("{number}"))).await.unwrap();
    }
}

async fn no_more_is_announced_than_a_few_batches_until_a_processor_comes(mut world: World) {
    world.config.due_batch = 2;
    accept(&world, 30).await;
    world.clock.advance(world.config.rescue_after);
    let _scheduler = world.announcing();
    world.until_counter("postrider_inbox_due_total", 8.0).await;
    // It looks whether they have arrived, again and again.
    let lists = world.store.lists.load(Ordering::SeqCst);
    world.until_lists(lists + 10).await;
    assert!((world.counter("postrider_inbox_due_total") - 8.0).abs() < f64::EPSILON);
    // They may be lost: after a while they are announced again, and after a longer one once more.
    world.clock.advance(world.config.rescue_after);
    world.until_counter("postrider_inbox_due_total", 16.0).await;
    world.clock.advance(world.config.rescue_after);
    let lists = world.store.lists.load(Ordering::SeqCst);
    world.until_lists(lists + 10).await;
    assert!((world.counter("postrider_inbox_due_total") - 16.0).abs() < f64::EPSILON);

    let first = Probe::always("first", 1, Act::Succeed);
    let _processor = world.processor([&first]).await;
    world.until_over().await;
    assert_eq!(first.runs(), 30);
}

/// Says that it can be used, and cannot.
struct Broken;

#[async_trait]
impl Publisher for Broken {
    async fn publish(&self, _: QueueName, _: Vec<Outgoing>) -> Result<(), QueueError> {
        Err(QueueError::Unavailable { source: "as planned".into() })
    }
}

#[async_trait]
impl Queue for Broken {
    fn publisher(&self) -> Arc<dyn Publisher> {
        Arc::new(Self)
    }

    async fn consume(&self, _: QueueName, _: u16) -> Result<Box<dyn Consumer>, QueueError> {
        Err(QueueError::Closed)
    }

    async fn depth(&self, _: QueueName) -> Result<u64, QueueError> {
        Err(QueueError::Closed)
    }

    fn health(&self) -> Health {
        Health::Up
    }

    async fn close(&self) {}
}

async fn a_scheduler_that_cannot_announce_takes_no_more(mut world: World) {
    world.config.due_batch = 2;
    // It looks once.
    world.config.poll_interval = Duration::from_hours(1);
    accept(&world, 5).await;
    world.clock.advance(world.config.rescue_after);
    world.queue = Arc::new(Broken);
    let scheduler = world.announcing();
    world.until_counter("postrider_inbox_announce_failures_total", 2.0).await;
    scheduler.stop();
    scheduler.ended().await;
    assert_eq!(world.store.taken.load(Ordering::SeqCst), 1);
    assert!(world.counter("postrider_inbox_due_total").abs() < f64::EPSILON);
}
