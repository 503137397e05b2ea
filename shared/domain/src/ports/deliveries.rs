use async_trait::async_trait;

use super::StoreError;
use crate::{Attempt, DeliveryId, Event, LeaseToken, Registration, Settlement, Timestamp};

/// The right to attempt a delivery for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Proof of it.
    pub token: LeaseToken,
    /// When it ends.
    pub until: Timestamp,
}

/// A delivery that may be attempted now, with all that is needed to do so.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Attempts made so far.
    pub attempts: u16,
    /// Attempts made before the current round: a replay begins a new round.
    pub earlier_rounds: u16,
    /// What to deliver.
    pub event: Event,
    /// Where to.
    pub registration: Registration,
}

/// An attempt that was made, and what it makes of its delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The attempt.
    pub attempt: Attempt,
    /// What follows from it.
    pub settlement: Settlement,
    /// The lease it was made under.
    pub token: LeaseToken,
}

/// Attempting deliveries (worker).
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// Leases those of `deliveries` that may be attempted at `now`, with one statement.
    ///
    /// Passed over are those that are settled, held, unknown, not wanted before a later time, leased
    /// by somebody else, or being claimed by another worker at this moment. On the way, deliveries
    /// of a registration that is paused or whose owner is disabled become `held`, and those whose
    /// registration is gone `dead`
    /// (`registration_deleted`). Ids given twice are claimed once.
    ///
    /// The lease saves duplicate work and nothing else, so its commit need not be durable.
    async fn claim_deliveries(
        &self,
        deliveries: &[DeliveryId],
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError>;

    /// Records attempts and what they make of their deliveries in one commit, durable on return.
    ///
    /// Every attempt is recorded, and counted. A success settles its delivery whoever holds the
    /// lease, unless it is delivered already: the receiver has it. Any other settlement applies only
    /// to a pending delivery whose lease is `token`; it ends the lease. `settled_at` becomes `now`.
    ///
    /// A delivery's last status and cause are those of the last attempt that changed it. An attempt
    /// that is recorded already is neither counted nor applied again, so that a call whose answer
    /// was lost can be made again.
    ///
    /// `batch` may hold several attempts of one delivery; they apply in order.
    async fn record_attempts(&self, batch: &[Recorded], now: Timestamp) -> Result<(), StoreError>;
}
