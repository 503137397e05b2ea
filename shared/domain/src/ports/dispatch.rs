use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::{DeliveryId, Event, EventId, Timestamp};

/// Turning events into deliveries, and finding due work (dispatcher).
///
/// Any number of dispatchers may call any of these at once: rows that another one is working on are
/// skipped, not waited for.
#[async_trait]
pub trait DispatchStore: Send + Sync {
    /// Creates the deliveries of `events` and removes them from the outbox, in one transaction, and
    /// returns the new deliveries.
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

    /// Turns up to `limit` held deliveries of registrations that have been resumed, and whose owner
    /// is not disabled, into pending ones that are due `now`, oldest first, and returns how many.
    async fn release_held(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
