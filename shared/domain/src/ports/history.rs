use async_trait::async_trait;

use super::StoreError;
use crate::{
    Attempt, Delivery, DeliveryId, DeliveryState, Event, EventId, Page, PageRequest,
    RegistrationId, Timestamp, Visibility,
};

/// What became of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventReport {
    /// The event.
    pub event: Event,
    /// Whether its deliveries have been created; until then it waits in the outbox.
    pub dispatched: bool,
    /// Its deliveries, one per registration it matched, newest first: as many as
    /// [`EventReport::MAX_DELIVERIES`].
    pub deliveries: Vec<Delivery>,
    /// Whether there are more, which [`HistoryStore::list_deliveries`] shows.
    pub more: bool,
}

impl EventReport {
    /// The most deliveries of a report.
    pub const MAX_DELIVERIES: u32 = 100;
}

/// A delivery with its attempts, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryReport {
    /// The delivery.
    pub delivery: Delivery,
    /// Its attempts.
    pub attempts: Vec<Attempt>,
}

/// Which deliveries a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only those of one registration.
    pub registration: Option<RegistrationId>,
    /// Only those of one event.
    pub event: Option<EventId>,
    /// Only those in one state.
    pub state: Option<DeliveryState>,
}

/// What a request to send a delivery again led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayOutcome {
    /// It is pending again and due now, with a full round of attempts ahead.
    Replayed,
    /// It was not settled, so that it is on its way anyway.
    NotSettled(DeliveryState),
}

/// Looking at what was accepted and sent (api).
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// An event and its deliveries, of those registrations that `visibility` shows.
    ///
    /// Limited to one owner, an event without such a delivery is found only by who published it: who
    /// may not read a resource does not learn of its events here either.
    async fn find_event(
        &self,
        visibility: Visibility,
        event: EventId,
    ) -> Result<Option<EventReport>, StoreError>;

    /// A page of deliveries, newest first.
    async fn list_deliveries(
        &self,
        visibility: Visibility,
        filter: DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<Delivery>, StoreError>;

    /// A delivery and its attempts.
    async fn find_delivery(
        &self,
        visibility: Visibility,
        delivery: DeliveryId,
    ) -> Result<Option<DeliveryReport>, StoreError>;

    /// Makes a settled delivery pending and due at `now`, in a new round of attempts.
    /// `None` when it is not visible.
    async fn replay_delivery(
        &self,
        visibility: Visibility,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<Option<ReplayOutcome>, StoreError>;
}
