use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::{DeliveryId, Event, EventId, RegistrationId, Timestamp};

/// What became of dispatched events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dispatched {
    /// The new deliveries.
    pub created: Vec<DeliveryId>,
    /// What is still to be judged.
    pub conditional: Vec<Conditional>,
}

/// An event, and the registrations that get it if their condition holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditional {
    /// The event.
    pub event: Event,
    /// The registrations and their conditions, as they are stored.
    pub registrations: Vec<(RegistrationId, String)>,
}

/// A match whose condition was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The event.
    pub event: EventId,
    /// The registration.
    pub registration: RegistrationId,
    /// `true`: it holds. `false`: it could not be evaluated.
    pub holds: bool,
}

/// Turning events into deliveries, and finding due work (dispatcher).
///
/// Any number of dispatchers may call any of these at once: rows that another one is working on are
/// skipped, not waited for.
#[async_trait]
pub trait DispatchStore: Send + Sync {
    /// Creates the deliveries of `events` and removes them from the outbox, in one statement, and
    /// returns the new deliveries.
    ///
    /// Registrations that match and have a condition get none yet: they are returned, with their
    /// events, for [`DispatchStore::dispatch_conditional`], and those events stay in the outbox until
    /// then.
    ///
    /// A notice ([`crate::FilterName::NOTICES`]) goes to registrations that ask for its filter by name
    /// and whose owner is an administrator or in its audience; no permission is needed.
    ///
    /// A delivery is created for each registration, paused ones included, that asks for the event's
    /// filter or for all, whose owner is not disabled, is in the event's audience if it has one and,
    /// by what is committed at this moment, either is an administrator or has Read, directly or
    /// through a role, on any resource of the kind, on this one, or on those in its category. The
    /// cost follows the smaller of those who may read and those who ask. Events that are not (or no
    /// longer) in the outbox are passed over, so that handling a message twice creates nothing
    /// twice; ids are [`DeliveryId::derive`].
    ///
    /// A permission that ended with its resource ([`super::CatalogueStore::delete_resource`]) counts
    /// for the events that were accepted up to its end, in whatever order they are dispatched.
    ///
    /// New deliveries are `pending`, wanted since `now`, and due at `rescue_at`, when the scheduler
    /// finds those whose message was lost. The commit need not be durable at once: after a crash of
    /// the database the event is in the outbox again, and gives the same ids.
    async fn dispatch_events(
        &self,
        events: &[EventId],
        now: Timestamp,
        rescue_at: Timestamp,
    ) -> Result<Dispatched, StoreError>;

    /// Creates the deliveries that wait for their condition, and removes `events` from the outbox, in
    /// one statement; returns those that are pending. `judged` are the matches whose condition holds,
    /// or could not be evaluated: the latter are created `dead` (`condition_failed`), so that they are
    /// seen. A match that is not named was judged false, and gets none.
    ///
    /// A registration that was deleted meanwhile gets none, and of an event that is not in the outbox
    /// any more nobody does: it was dispatched, or its payload was removed. What is there already is
    /// left as it is.
    async fn dispatch_conditional(
        &self,
        events: &[EventId],
        judged: &[Judged],
        now: Timestamp,
        rescue_at: Timestamp,
    ) -> Result<Vec<DeliveryId>, StoreError>;

    /// Takes up to `limit` events that are in the outbox and due, oldest first.
    ///
    /// They become due again after `rescue_after`, or after as long as they have been accepted if
    /// that is longer (an hour at the most): what waits behind a long queue is not published over
    /// and over.
    async fn take_due_events(
        &self,
        now: Timestamp,
        rescue_after: Duration,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError>;

    /// Takes up to `limit` pending deliveries that are due and not leased, the longest due first.
    ///
    /// They become due again after `rescue_after`, or after as long as they have been wanted if that
    /// is longer (an hour at the most): what waits behind a long queue is not published over and
    /// over.
    async fn take_due_deliveries(
        &self,
        now: Timestamp,
        rescue_after: Duration,
        limit: u32,
    ) -> Result<Vec<DeliveryId>, StoreError>;
}
