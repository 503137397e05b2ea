use std::sync::Mutex;

use async_trait::async_trait;
use postrider_domain::ports::QueueError;
use postrider_domain::{Ids, Resource, Timestamp};
use prometheus::Registry;
use serde_json::value::RawValue;
use tokio::sync::Notify;

use super::*;

/// A publisher that takes as long as the test wants, and fails when told to.
#[derive(Default)]
struct Gate {
    published: Mutex<Vec<usize>>,
    closed: AtomicBool,
    entered: Notify,
    open: Notify,
    down: AtomicBool,
}

#[async_trait]
impl Publisher for Gate {
    async fn publish(&self, _: QueueName, messages: Vec<Outgoing>) -> Result<(), QueueError> {
        self.entered.notify_one();
        if self.closed.load(Ordering::SeqCst) {
            self.open.notified().await;
        }
        if self.down.load(Ordering::SeqCst) {
            return Err(QueueError::Closed);
        }
        self.published.lock().unwrap().push(messages.len());
        Ok(())
    }
}

struct Still;
impl postrider_domain::Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }
}

fn events(count: usize, bytes: usize) -> Vec<Event> {
    let ids = Ids::seeded(Arc::new(Still), 1);
    let data = RawValue::from_string(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap();
    let event = || Event {
        id: ids.next(),
        filter: "reports".parse().unwrap(),
        event_type: "Added".parse().unwrap(),
        resource: Resource { id: "42".into(), name: None, category: None },
        actor: None,
        occurred_at: Timestamp::EPOCH,
        accepted_at: Timestamp::EPOCH,
        data: Some(data.clone()),
        publisher: None,
        audience: None,
    };
    std::iter::repeat_with(event).take(count).collect()
}

fn start(max_bytes: usize) -> (Arc<Gate>, Relay, Metrics, TaskTracker) {
    let (gate, tracker) = (Arc::new(Gate::default()), TaskTracker::new());
    let metrics = Metrics::new(&Registry::new()).unwrap();
    let publisher: Arc<dyn Publisher> = gate.clone();
    let relay = Relay::start(publisher, max_bytes, metrics.clone(), &tracker);
    tracker.close();
    (gate, relay, metrics, tracker)
}

#[tokio::test]
async fn what_gathers_during_a_publish_goes_out_together_with_the_next() {
    let (gate, relay, metrics, tracker) = start(1 << 20);
    gate.closed.store(true, Ordering::SeqCst);
    relay.hand_over(events(1, 100));
    gate.entered.notified().await;
    relay.hand_over(events(2, 100));
    relay.hand_over(events(3, 100));
    gate.closed.store(false, Ordering::SeqCst);
    gate.open.notify_one();

    drop(relay);
    tracker.wait().await;
    assert_eq!(*gate.published.lock().unwrap(), [1, 5]);
    assert_eq!(metrics.relayed.of(Relayed::Published).get(), 6);
}

#[tokio::test]
async fn what_does_not_fit_is_counted_and_let_go_and_room_comes_back() {
    let (gate, relay, metrics, tracker) = start(2 * (EVENT_OVERHEAD + 100));
    gate.closed.store(true, Ordering::SeqCst);
    relay.hand_over(events(2, 100));
    gate.entered.notified().await;
    relay.hand_over(events(1, 100));
    assert_eq!(metrics.relayed.of(Relayed::Overflowed).get(), 1);

    gate.closed.store(false, Ordering::SeqCst);
    gate.open.notify_one();
    // All room is free again once the first batch is out.
    let all = u32::try_from(2 * (EVENT_OVERHEAD + 100)).unwrap();
    drop(relay.room.acquire_many(all).await.unwrap());
    relay.hand_over(events(2, 100));
    drop(relay);
    tracker.wait().await;
    assert_eq!(*gate.published.lock().unwrap(), [2, 2]);
}

#[tokio::test]
async fn a_queue_that_is_down_costs_its_events_and_no_later_ones() {
    let (gate, relay, metrics, tracker) = start(1 << 20);
    gate.down.store(true, Ordering::SeqCst);
    gate.closed.store(true, Ordering::SeqCst);
    relay.hand_over(events(3, 100));
    gate.entered.notified().await;
    gate.open.notify_one();
    // The next publish begins only when the one before has ended.
    relay.hand_over(events(1, 100));
    gate.entered.notified().await;
    gate.down.store(false, Ordering::SeqCst);
    gate.open.notify_one();
    drop(relay);
    tracker.wait().await;
    assert_eq!(metrics.relayed.of(Relayed::Failed).get(), 3);
    assert_eq!(*gate.published.lock().unwrap(), [1]);
}
