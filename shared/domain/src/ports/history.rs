use async_trait::async_trait;

use super::StoreError;
use crate::delivery::DeadReason;
use crate::{
    Attempt, Delivery, DeliveryId, DeliveryState, Event, EventId, HoldReason, Page, PageRequest,
    RegistrationId, Timestamp, Visibility,
};

/// What became of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventReport {
    /// The event.
    pub event: Event,
    /// Whether its deliveries have been created; until then it waits in the outbox.
    pub dispatched: bool,
    /// When its payload was removed.
    pub expunged_at: Option<Timestamp>,
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

/// A delivery with its attempts.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryReport {
    /// The delivery.
    pub delivery: Delivery,
    /// Its newest attempts in the order in which they were made, as many as
    /// [`DeliveryReport::MAX_ATTEMPTS`].
    pub attempts: Vec<Attempt>,
    /// Whether there are older ones.
    pub more_attempts: bool,
}

impl DeliveryReport {
    /// The most attempts of a report: one that is replayed, or tried by a breaker, for long has any
    /// number of them.
    pub const MAX_ATTEMPTS: u32 = 200;
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
    /// Only those that are held for this.
    pub hold_reason: Option<HoldReason>,
    /// Only those that were given up for this.
    pub dead_reason: Option<DeadReason>,
    /// Only of events accepted at this time or later.
    pub from: Option<Timestamp>,
    /// Only of events accepted before this time.
    pub to: Option<Timestamp>,
}

/// What a request to send a delivery again led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayOutcome {
    /// It is pending again and due now, with a full round of attempts ahead.
    Replayed,
    /// It was not settled, so that it is on its way anyway.
    NotSettled(DeliveryState),
    /// The payload of its event was removed, or is no longer kept.
    NothingToSend,
    /// Its registration was deleted, so that there is nowhere to send it; it stays as it is.
    RegistrationDeleted,
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

    /// A delivery and its newest attempts.
    async fn find_delivery(
        &self,
        visibility: Visibility,
        delivery: DeliveryId,
    ) -> Result<Option<DeliveryReport>, StoreError>;

    /// Makes a settled delivery pending and due at `now`, in a new round of attempts, with one more in
    /// `replays`. One that went in a bundle leaves it and goes alone; the one that carried it goes with
    /// all of it.
    /// `None` when it is not visible.
    async fn replay_delivery(
        &self,
        visibility: Visibility,
        delivery: DeliveryId,
        now: Timestamp,
    ) -> Result<Option<ReplayOutcome>, StoreError>;
}
