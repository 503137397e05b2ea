use async_trait::async_trait;

use super::StoreError;
use crate::delivery::DeadReason;
use crate::{
    Attempt, Delivery, DeliveryId, DeliveryState, Event, EventId, EventType, FilterName,
    HoldReason, Page, PageRequest, RegistrationId, TargetUri, Timestamp, Visibility,
};

/// Which events a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only those of one filter.
    pub filter: Option<FilterName>,
    /// Only those of one type.
    pub event_type: Option<EventType>,
    /// Only those about the resource with this id.
    pub resource: Option<String>,
    /// Only those accepted at this time or later.
    pub from: Option<Timestamp>,
    /// Only those accepted before this time.
    pub to: Option<Timestamp>,
}

impl EventFilter {
    /// How many events a page of a list looks at, at the most.
    pub const WALK_LIMIT: u32 = 5_000;

    /// The part of it that an index knows: the resource and the times. For the rest each is looked at.
    #[must_use]
    pub fn indexed(&self) -> Self {
        Self { filter: None, event_type: None, ..self.clone() }
    }
}

/// An event in a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedEvent {
    /// The event. Its data is left out.
    pub event: Event,
    /// Whether its deliveries have been created.
    pub dispatched: bool,
    /// When its payload was removed.
    pub expunged_at: Option<Timestamp>,
}

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Only of events of one filter.
    pub filter: Option<FilterName>,
    /// Only of events of one type.
    pub event_type: Option<EventType>,
    /// Only of events accepted at this time or later.
    pub from: Option<Timestamp>,
    /// Only of events accepted before this time.
    pub to: Option<Timestamp>,
}

impl DeliveryFilter {
    /// How many deliveries a page of a list looks at, at the most.
    pub const WALK_LIMIT: u32 = 5_000;

    /// The state that is asked for. A reason stands for the state it is a reason for, so that few
    /// deliveries are looked at: those of the index of that state.
    pub fn state(&self) -> Option<DeliveryState> {
        let held = self.hold_reason.map(|_| DeliveryState::Held);
        let dead = self.dead_reason.map(|_| DeliveryState::Dead);
        self.state.or(held).or(dead)
    }
}

/// A delivery in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// Filter and type of its event, while that is kept.
    pub event: Option<(FilterName, EventType)>,
    /// Where its registration posts, while that is there.
    pub uri: Option<TargetUri>,
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

    /// A page of events, newest first: of those that [`HistoryStore::find_event`] finds.
    ///
    /// A search for what is rare is no walk over all that is there: when the filter asks for more than
    /// [`EventFilter::indexed`], a page looks at about [`EventFilter::WALK_LIMIT`] events and no
    /// further. Such a page may be short, or empty, and lead on all the same: whoever follows it misses
    /// nothing.
    async fn list_events(
        &self,
        visibility: Visibility,
        filter: &EventFilter,
        page: PageRequest,
    ) -> Result<Page<ListedEvent>, StoreError>;

    /// A page of deliveries, newest first.
    ///
    /// What indexes know is a registration, an event, times, and being held or dead with the reason
    /// for it. When more is asked for, a page looks at about [`DeliveryFilter::WALK_LIMIT`] of the
    /// others and no further, so that it may be short, or empty, and lead on all the same.
    async fn list_deliveries(
        &self,
        visibility: Visibility,
        filter: &DeliveryFilter,
        page: PageRequest,
    ) -> Result<Page<ListedDelivery>, StoreError>;

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
