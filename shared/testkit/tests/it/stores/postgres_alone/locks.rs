//! Bundles that several statements work on at once: all of them lock in one order.

use std::sync::Arc;

use futures_util::future::try_join_all;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::{Store, StoreError};
use postrider_domain::{DeliveryId, EventId, Replay, Settlement, Visibility};
use postrider_testkit::conformance::stores::CaseResult;
use postrider_testkit::conformance::stores::given::{self, LATER, NOW, seconds};
use postrider_testkit::databases::PostgresDatabase;
use tokio_util::task::TaskTracker;

const DEAD: Settlement = Settlement::Dead { reason: DeadReason::Exhausted };

/// Late successes of the ones that carry bundles, and requests of their own of the others, in the
/// order that is the least convenient.
async fn record(store: Arc<dyn Store>, deliveries: Vec<DeliveryId>) -> Result<(), StoreError> {
    for _ in 0..5 {
        let batch: Vec<_> = (deliveries.iter().rev())
            .map(|delivery| given::success(*delivery, 2, given::id()))
            .collect();
        store.record_attempts(&batch, LATER).await?;
    }
    Ok(())
}

async fn replay(store: Arc<dyn Store>, deliveries: Vec<DeliveryId>) -> Result<(), StoreError> {
    for delivery in deliveries.into_iter().rev() {
        store.replay_delivery(Visibility::All, delivery, LATER).await?;
    }
    Ok(())
}

async fn advance(store: Arc<dyn Store>) -> Result<(), StoreError> {
    for turn in 1..=5 {
        store.advance_replays(LATER + seconds(turn), 1000).await?;
    }
    Ok(())
}

async fn expunge(store: Arc<dyn Store>, events: Vec<EventId>) -> Result<(), StoreError> {
    for event in events {
        store.expunge_event(event, LATER).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn recording_replaying_and_removing_what_is_in_the_same_bundles_disturb_nobody() -> CaseResult
{
    let database = PostgresDatabase::create().await;
    let store = database.store();
    for _ in 0..10 {
        let given::Pending { registration, deliveries } =
            given::bundled(store.as_ref(), 18).await?;
        let mut events = Vec::new();
        for (place, delivery) in deliveries.iter().enumerate() {
            if place % 3 == 0 {
                given::settle(store.as_ref(), *delivery, DEAD, NOW).await?;
            }
            events.push(given::look(store.as_ref(), *delivery).await?.event);
        }
        for _ in 0..2 {
            given::replay(store.as_ref(), &registration, Replay::MAX_PACE, NOW).await?;
        }
        // Those that are carried, of every other bundle.
        let removed: Vec<_> = events.chunks(6).map(|events| events[2]).collect();
        let tracker = TaskTracker::new();
        let mut tasks = vec![
            tracker.spawn(expunge(Arc::clone(&store), removed)),
            tracker.spawn(advance(Arc::clone(&store))),
            tracker.spawn(advance(Arc::clone(&store))),
        ];
        for _ in 0..3 {
            tasks.push(tracker.spawn(record(Arc::clone(&store), deliveries.clone())));
            tasks.push(tracker.spawn(replay(Arc::clone(&store), deliveries.clone())));
        }
        for done in try_join_all(tasks).await? {
            done?;
        }
    }
    Ok(())
}
