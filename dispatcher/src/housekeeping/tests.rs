//! Chores on a store that fails, or has no end of work.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use postrider_domain::ports::{Backlog, Buried, OperationsStore, StoreError};
use postrider_domain::{Ids, Minute, Removed, RetentionPolicy, Series, Tally, Timestamp};
use postrider_testkit::brokers::{Broker, LocalBroker};
use postrider_testkit::clock::MockClock;
use postrider_testkit::databases::SqliteDatabase;
use prometheus::Registry;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::Housekeeping;
use crate::{Dispatcher, DispatcherConfig, DispatcherParts, Metrics};

/// How far behind retention is.
const LAG: Duration = Duration::from_hours(72);

/// What becomes of a call that removes.
#[derive(Clone, Copy)]
enum Removing {
    Fails,
    HasMore,
    Hangs,
}

/// Operations that are asked for and never done.
struct Operations {
    removing: Removing,
    /// One permit for each time the backlog was counted.
    counted: Semaphore,
    buried: AtomicU32,
}

impl Operations {
    fn new(removing: Removing) -> Arc<Self> {
        Arc::new(Self { removing, counted: Semaphore::new(0), buried: AtomicU32::new(0) })
    }
}

#[async_trait]
impl OperationsStore for Operations {
    async fn migrate(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn backlog(&self, _now: Timestamp) -> Result<Backlog, StoreError> {
        self.counted.add_permits(1);
        Ok(Backlog { held: 7, ..Backlog::default() })
    }

    async fn prepare_storage(&self, _now: Timestamp, _ahead: Duration) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn remove_expired(
        &self,
        _policy: &RetentionPolicy,
        _now: Timestamp,
        _limit: u32,
    ) -> Result<Removed, StoreError> {
        match self.removing {
            Removing::HasMore => Ok(Removed { more: true, ..Removed::default() }),
            Removing::Hangs => std::future::pending().await,
            Removing::Fails => {
                let source = "the disk is full".into();
                Err(StoreError::Rejected { operation: "remove_expired", source })
            }
        }
    }

    async fn bury_deliveries(&self, _now: Timestamp, _limit: u32) -> Result<Buried, StoreError> {
        self.buried.fetch_add(1, Ordering::Relaxed);
        Ok(Buried { deliveries: 1, more: true })
    }

    async fn retention_lag(
        &self,
        _policy: &RetentionPolicy,
        _now: Timestamp,
    ) -> Result<Duration, StoreError> {
        Ok(LAG)
    }

    async fn reseal(&self, _limit: u32) -> Result<u64, StoreError> {
        Ok(0)
    }
}

/// A dispatcher on an empty store that is looked after by `operations`.
async fn dispatcher(operations: &Arc<Operations>) -> (Dispatcher, SqliteDatabase) {
    let database = SqliteDatabase::create().await;
    let broker = LocalBroker::create().await;
    let clock = Arc::new(MockClock::new(Timestamp::EPOCH + Duration::from_hours(365 * 24)));
    let config = DispatcherConfig {
        backlog_interval: Duration::from_millis(1),
        ..DispatcherConfig::default()
    };
    let dispatcher = Dispatcher::new(DispatcherParts {
        store: database.store(),
        flows: database.store(),
        replays: database.store(),
        operations: operations.clone(),
        activity: database.store(),
        queue: broker.queue(),
        ids: Ids::seeded(clock.clone(), 1),
        clock,
        config,
        metrics: Metrics::new(&Registry::new()).unwrap(),
    });
    (dispatcher, database)
}

#[tokio::test]
async fn how_far_behind_retention_is_shows_while_removing_fails() {
    let operations = Operations::new(Removing::Fails);
    let (dispatcher, _database) = dispatcher(&operations).await;
    let mut housekeeping = Housekeeping::new(dispatcher.clone());
    housekeeping.turn().await;
    let shown = dispatcher.parts.metrics.retention_lag_seconds.get();
    assert!((shown - LAG.as_secs_f64()).abs() < 1.0, "{shown}");
    assert!(housekeeping.retention.is_due(), "it is tried again");
    assert!(!housekeeping.retention.has_more(), "and not before the next tick");
}

#[tokio::test]
async fn a_chore_with_no_end_of_work_keeps_no_other_waiting() {
    let operations = Operations::new(Removing::HasMore);
    let (dispatcher, _database) = dispatcher(&operations).await;
    let mut housekeeping = Housekeeping::new(dispatcher.clone());
    for turn in 1..=3 {
        assert!(housekeeping.turn().await, "there is more");
        assert_eq!(operations.buried.load(Ordering::Relaxed), turn);
    }
    let shown = dispatcher.parts.metrics.retention_lag_seconds.get();
    assert!(shown > 0.0, "it shows before all is removed");
}

#[tokio::test]
async fn what_happened_more_than_two_days_ago_is_forgotten() {
    let operations = Operations::new(Removing::Fails);
    let (dispatcher, database) = dispatcher(&operations).await;
    let store = database.store();
    let now = Minute::of(dispatcher.parts.clock.now());
    let kept = now.plus(-48 * 60);
    for minute in [kept.plus(-1), kept, now] {
        let counted = Tally::from_iter([(Series::Events, 1)]);
        store.add_activity(&BTreeMap::from([(minute, counted)])).await.unwrap();
    }
    Housekeeping::new(dispatcher).turn().await;
    let left = store.read_activity(Minute(0), now.plus(1), 1).await.unwrap();
    assert_eq!(left.into_keys().collect::<Vec<_>>(), [kept, now]);
}

#[tokio::test]
async fn what_waits_is_counted_while_a_chore_takes_for_ever() {
    let operations = Operations::new(Removing::Hangs);
    let (dispatcher, _database) = dispatcher(&operations).await;
    let shutdown = CancellationToken::new();
    tokio::select! {
        _ = dispatcher.clone().run_housekeeping(shutdown.clone()) => panic!("it does not end"),
        _ = dispatcher.clone().run_sampling(shutdown.clone()) => panic!("it does not end"),
        counted = operations.counted.acquire_many(3) => counted.unwrap().forget(),
    }
    assert_eq!(dispatcher.parts.metrics.backlog.held.get(), 7);
}
