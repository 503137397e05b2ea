use async_trait::async_trait;

use super::StoreError;
use crate::{
    DeliveryId, Event, EventId, RegistrationId, Submission, SubmissionOutcome, Timestamp,
    Visibility,
};

/// Accepting events (api).
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Stores the events of several publish requests in one commit, each request whole or not at
    /// all, and answers in the same order.
    ///
    /// When this returns, the events and the outbox rows that will cause their deliveries are
    /// durable: they survive a crash of the database. An outbox row becomes due at `rescue_at`,
    /// when somebody who finds the event undispatched publishes it again.
    ///
    /// An event that is stored already is left as it is, so that a call whose answer was lost can be
    /// made again.
    ///
    /// Two calls at once with the same new key store it once. Outcomes are those of
    /// [`crate::submission::decide`].
    async fn accept_events(
        &self,
        submissions: &[Submission],
        rescue_at: Timestamp,
    ) -> Result<Vec<SubmissionOutcome>, StoreError>;

    /// Stores `event` with one delivery of it, to `registration` alone, pending and due `now`; durable
    /// on return. Nobody is asked for permission and no condition is looked at: it is a test that the
    /// registration's owner asks for. `None` when the registration is not visible.
    async fn accept_test(
        &self,
        visibility: Visibility,
        event: &Event,
        registration: RegistrationId,
        now: Timestamp,
    ) -> Result<Option<DeliveryId>, StoreError>;

    /// Removes the payload of an event for good: its data, its resource's name, and the answers that
    /// receivers gave to it. Its deliveries that are pending or held become `dead` (`expunged`), and
    /// none of its deliveries can be replayed. A request that is under way with it is recorded without
    /// its answer, as are later ones of a bundle that carried it. `None` when there is no such event;
    /// `false` when it was done before.
    async fn expunge_event(
        &self,
        event: EventId,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError>;
}
