//! The worker on the queue of the embedded run.

use postrider_domain::DeliveryState;
use postrider_domain::ports::{Outgoing, Queue, QueueName};
use postrider_queue_local::{LocalQueue, LocalSettings};
use postrider_testkit::endpoint::{FakeEndpoint, Reply};
use postrider_wire::queue::DeliveryBatch;
use postrider_worker::Consumers;

use crate::world::World;

#[tokio::test]
async fn several_workers_share_a_queue_and_send_everything_once() {
    let mut world = World::new().await;
    world.config.concurrency = 8;
    let endpoint = FakeEndpoint::start([Reply::status(200)]).await;
    let deliveries = world.deliveries_to(endpoint.target(), 100).await;
    let queue = LocalQueue::new(&LocalSettings::default());
    let mut workers = Vec::new();
    for _ in 0..2 {
        let consumers = Consumers {
            fresh: queue.consume(QueueName::Deliveries, 2).await.unwrap(),
            retries: queue.consume(QueueName::Retries, 2).await.unwrap(),
        };
        workers.push(world.worker_on(consumers, [(), ()]));
    }

    // Each id twice: a message may be published again, and must do no harm.
    let messages = deliveries.chunks(10).chain(deliveries.chunks(25));
    let messages = messages
        .map(|ids| Outgoing {
            routing_key: String::new(),
            content_type: DeliveryBatch::CONTENT_TYPE,
            body: DeliveryBatch { ids: ids.to_vec() }.encode(),
        })
        .collect();
    queue.publisher().publish(QueueName::Deliveries, messages).await.unwrap();

    endpoint.wait_for(100).await;
    for worker in workers {
        worker.shutdown.cancel();
        worker.task.await.unwrap().unwrap();
    }
    for delivery in deliveries {
        let report = world.report(delivery).await;
        assert_eq!(report.delivery.state, DeliveryState::Delivered);
        assert_eq!(report.attempts.len(), 1);
    }
    assert!(queue.dead().is_empty());
}
