use async_trait::async_trait;

use super::StoreError;
use crate::{
    Attempt, DeliveryId, Event, LeaseToken, Registration, RegistrationId, Settlement, Timestamp,
};

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
    /// How often it was sent again at somebody's request.
    pub replays: u16,
    /// What to deliver: one event, or those of a bundle in the order of their deliveries. Never none.
    pub events: Vec<Event>,
    /// Where to.
    pub registration: Registration,
    /// How its receiver did when it was claimed.
    pub flow: ClaimedFlow,
}

/// What a worker needs to know of a registration's [`crate::FlowState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClaimedFlow {
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    /// This delivery is the one that tries whether the receiver is back.
    pub is_probe: bool,
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
    /// by somebody else, or being claimed by another worker at this moment. Ids given twice are claimed
    /// once. On the way
    ///
    /// - deliveries whose registration is gone become `dead` (`registration_deleted`), and so do those
    ///   of one that is paused and discards what comes meanwhile (`discarded`);
    /// - deliveries that may not go now become `held`, for the first [`crate::HoldReason`] that applies
    ///   in the order of that type. `breaker`: it is open, or half open and this is not the probe.
    ///   `paced`: the registration has a rate or batches, and the scheduler has not let this one go
    ///   (`released_at`), so that a retry waits for its turn again. `busy`: the registration is one of
    ///   `busy` and this is not a probe. For `paced` and `busy` the scheduler is to look after the
    ///   registration from now on ([`crate::FlowState::release_at`]); `busy` also begins its ramp anew.
    ///
    /// What is claimed is no longer `released_at` anything.
    ///
    /// A bundle comes with the events of all its members, whatever states these are in.
    ///
    /// The lease saves duplicate work and nothing else, so its commit need not be durable.
    async fn claim_deliveries(
        &self,
        deliveries: &[DeliveryId],
        busy: &[RegistrationId],
        lease: Lease,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError>;

    /// Records attempts and what they make of their deliveries in one commit, durable on return.
    ///
    /// Every attempt is recorded, and counted. A success settles its delivery whoever holds the
    /// lease, unless it is delivered already: the receiver has it. Any other settlement applies only
    /// to a pending delivery whose lease is `token`; it ends the lease. `settled_at` becomes `now`.
    /// [`Settlement::Hold`] holds it for `breaker`, and its attempt counts to the earlier rounds.
    ///
    /// What is settled settles the members of its bundle alike, those that are still held.
    ///
    /// A delivery's last status and cause are those of the last attempt that changed it. An attempt
    /// that is recorded already is neither counted nor applied again, so that a call whose answer
    /// was lost can be made again.
    ///
    /// `batch` may hold several attempts of one delivery; they apply in order.
    async fn record_attempts(&self, batch: &[Recorded], now: Timestamp) -> Result<(), StoreError>;
}
