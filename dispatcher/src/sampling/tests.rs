//! What is kept of what waits.

use std::sync::Arc;

use postrider_domain::ports::{Queue, Store};
use postrider_domain::{BoundedCount, Ids};
use postrider_testkit::brokers::{Broker, LocalBroker};
use postrider_testkit::clock::MockClock;
use postrider_testkit::conformance::queues;
use postrider_testkit::conformance::stores::given::{self, LATER, NOW};
use postrider_testkit::databases::SqliteDatabase;
use prometheus::Registry;

use super::*;
use crate::{DispatcherConfig, DispatcherParts, Metrics};

fn dispatcher(store: &Arc<dyn Store>, queue: &Arc<dyn Queue>) -> Dispatcher {
    let clock = Arc::new(MockClock::new(LATER));
    Dispatcher::new(DispatcherParts {
        store: store.clone(),
        flows: store.clone(),
        replays: store.clone(),
        operations: store.clone(),
        activity: store.clone(),
        queue: Arc::clone(queue),
        ids: Ids::seeded(clock.clone(), 1),
        clock,
        config: DispatcherConfig::default(),
        metrics: Metrics::new(&Registry::new()).unwrap(),
    })
}

fn exactly(count: u64) -> BoundedCount {
    BoundedCount { count, more: false }
}

#[tokio::test]
async fn what_waits_in_store_and_queues_is_kept() {
    let (database, broker) = (SqliteDatabase::create().await, LocalBroker::create().await);
    let (store, queue) = (database.store(), broker.queue());
    given::pending_of(store.as_ref(), 2).await.unwrap();
    given::event(store.as_ref()).await.unwrap();
    let messages = queues::given::messages("m", 3);
    queue.publisher().publish(QueueName::Retries, messages).await.unwrap();

    dispatcher(&store, &queue).sample_backlog().await.unwrap();
    let depths = [("deliveries", 0), ("events", 0), ("inbox", 0), ("retries", 3)];
    let expected = BacklogSample {
        at: LATER,
        undispatched: Some(exactly(1)),
        wanted: Some(exactly(2)),
        waiting: Some(exactly(0)),
        held: Some(exactly(0)),
        dead: Some(exactly(0)),
        open_breakers: Some(exactly(0)),
        oldest_due_at: Some(NOW),
        queues: depths.map(|(name, depth)| (name.to_owned(), Some(depth))).into(),
    };
    assert_eq!(store.find_backlog().await.unwrap(), Some(expected));
}

#[tokio::test]
async fn what_cannot_be_found_out_is_not_known_and_hides_nothing_else() {
    let (database, broker) = (SqliteDatabase::create().await, LocalBroker::create().await);
    let (store, queue) = (database.store(), broker.queue());
    queue.close().await;
    dispatcher(&store, &queue).sample_backlog().await.unwrap();
    let sample = store.find_backlog().await.unwrap().unwrap();
    assert_eq!(sample.held, Some(exactly(0)));
    assert!(sample.queues.values().all(Option::is_none), "{sample:?}");
    assert_eq!(sample.queues.len(), QueueName::ALL.len());
}

#[test]
fn a_count_that_stopped_says_so() {
    let backlog = Backlog { held: 10_000, dead: 9_999, ..Backlog::default() };
    let sample = sample(NOW, Some(&backlog), None, BTreeMap::new());
    assert_eq!(sample.held, Some(BoundedCount { count: 10_000, more: true }));
    assert_eq!(sample.dead, Some(exactly(9_999)));
    assert_eq!(sample.open_breakers, None);
}
