//! The scheduler on a store that fails in part.

use std::sync::Arc;

use async_trait::async_trait;
use postrider_domain::ports::{ReplayStore, StoreError};
use postrider_domain::{
    BoundedCount, Clock, Ids, Page, PageRequest, RegistrationId, Replay, ReplayId, ReplayQuery,
    ReplayState, Timestamp, Visibility,
};
use postrider_testkit::brokers::{Broker, LocalBroker};
use postrider_testkit::clock::MockClock;
use postrider_testkit::conformance::stores::given::{self, RESCUE_AT};
use postrider_testkit::databases::SqliteDatabase;
use prometheus::Registry;

use crate::{Dispatcher, DispatcherConfig, DispatcherParts, Metrics};

/// Replays of a store that answers nothing about them.
struct Broken;

fn broken<T>() -> Result<T, StoreError> {
    let source = "the index is damaged".into();
    Err(StoreError::Rejected { operation: "replays", source })
}

#[async_trait]
impl ReplayStore for Broken {
    async fn count_replay(
        &self,
        _visibility: Visibility,
        _registration: RegistrationId,
        _query: &ReplayQuery,
        _now: Timestamp,
    ) -> Result<Option<BoundedCount>, StoreError> {
        broken()
    }

    async fn add_replay(
        &self,
        _visibility: Visibility,
        _replay: &Replay,
    ) -> Result<bool, StoreError> {
        broken()
    }

    async fn find_replay(
        &self,
        _visibility: Visibility,
        _replay: ReplayId,
    ) -> Result<Option<Replay>, StoreError> {
        broken()
    }

    async fn list_replays(
        &self,
        _visibility: Visibility,
        _registration: Option<RegistrationId>,
        _page: PageRequest,
    ) -> Result<Page<Replay>, StoreError> {
        broken()
    }

    async fn cancel_replay(
        &self,
        _visibility: Visibility,
        _replay: ReplayId,
        _now: Timestamp,
    ) -> Result<Option<ReplayState>, StoreError> {
        broken()
    }

    async fn advance_replays(&self, _now: Timestamp, _limit: u32) -> Result<u64, StoreError> {
        broken()
    }
}

#[tokio::test]
async fn a_step_that_fails_is_told_and_keeps_no_other_from_sending_what_is_due() {
    let database = SqliteDatabase::create().await;
    let broker = LocalBroker::create().await;
    given::pending_of(database.store().as_ref(), 3).await.unwrap();
    let clock = Arc::new(MockClock::new(RESCUE_AT));
    let dispatcher = Dispatcher::new(DispatcherParts {
        store: database.store(),
        flows: database.store(),
        replays: Arc::new(Broken),
        operations: database.store(),
        activity: database.store(),
        queue: broker.queue(),
        ids: Ids::seeded(clock.clone(), 1),
        clock: clock.clone(),
        config: DispatcherConfig::default(),
        metrics: Metrics::new(&Registry::new()).unwrap(),
    });
    let sent = dispatcher.send_due_batch(clock.now()).await;
    assert!(sent.is_err(), "it waits for the next tick instead of asking again and again");
    assert_eq!(dispatcher.parts.metrics.schedule.due.get(), 3);
}
