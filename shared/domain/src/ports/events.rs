use async_trait::async_trait;

use super::StoreError;
use crate::{Submission, SubmissionOutcome, Timestamp};

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
}
