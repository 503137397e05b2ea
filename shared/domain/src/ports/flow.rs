use async_trait::async_trait;

use super::StoreError;
use crate::delivery::DeadReason;
use crate::flow::ReleasePolicy;
use crate::{
    BoundedCount, BreakerPolicy, Delivery, DeliveryId, FlowState, HealthReport, HoldPolicy, Ids,
    LeaseToken, RegistrationId, Timestamp, Transition, Visibility,
};

/// What a call of [`FlowStore::release_held`] let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Released {
    /// Deliveries that are pending now; those that go with another are not counted.
    pub deliveries: u64,
    /// Probes among them.
    pub probes: u64,
    /// Whether a limit was reached, so that calling again, with the same `now`, lets go of more.
    pub more: bool,
}

/// A registration for which too much is held, or for too long, as [`FlowStore::find_overflow`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overfull {
    /// The registration.
    pub registration: RegistrationId,
    /// The newest of those that are too many; `None` when some are held for too long only.
    pub excess: Option<DeliveryId>,
    /// The last that was looked at; `None` before the first.
    pub looked_to: Option<DeliveryId>,
}

/// What a call of [`FlowStore::give_up_overflow`] came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OverflowProgress {
    /// What was given up, by registration.
    pub given_up: Vec<Overflow>,
    /// What to call again with; empty when all was looked at.
    pub left: Vec<Overfull>,
}

/// Deliveries of a registration that were given up because too many were held, or for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overflow {
    /// The registration.
    pub registration: RegistrationId,
    /// How many were given up.
    pub deliveries: u64,
}

/// How a registration does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlowReport {
    /// Health, breaker, and releasing.
    pub state: FlowState,
    /// Held deliveries, those that go with another included; counted up to
    /// [`FlowReport::COUNT_LIMIT`].
    pub held: BoundedCount,
    /// When the event of the oldest of them was accepted.
    pub oldest_held_at: Option<Timestamp>,
    /// Deliveries that were given up, counted likewise.
    pub dead: BoundedCount,
}

impl FlowReport {
    /// Where counting stops.
    pub const COUNT_LIMIT: u64 = 10_000;
}

/// How a registration does, and how its newest deliveries went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationHealth {
    /// The registration.
    pub registration: RegistrationId,
    /// How it does. Counting stops at [`RegistrationHealth::COUNT_LIMIT`].
    pub flow: FlowReport,
    /// Its newest deliveries, the newest first, as many as [`RegistrationHealth::MAX_RECENT`].
    pub recent: Vec<Delivery>,
}

impl RegistrationHealth {
    /// Where counting stops, which is earlier than for one registration alone: many are counted.
    pub const COUNT_LIMIT: u64 = 1_000;
    /// The most deliveries that are shown.
    pub const MAX_RECENT: u32 = 12;
}

/// Holding deliveries, letting them go, and looking after receivers that fail (worker, scheduler).
///
/// Rules that all of these keep: the state of a registration is loaded under a lock, changed by a
/// function of [`crate::flow`], and written back in the same transaction; locks are taken in the order
/// of the registrations' ids. What nobody asks for costs nothing: a registration that is well has no
/// row.
#[async_trait]
pub trait FlowStore: Send + Sync {
    /// Holds deliveries that were claimed and cannot go now because their receiver is busy
    /// ([`crate::HoldReason::Busy`]), ends their leases, and has the scheduler look after them with a
    /// fresh ramp ([`FlowState::ramp_from`] becomes `now`). Those whose lease is not `token` any more
    /// are passed over. The commit need not be durable.
    async fn park_deliveries(
        &self,
        deliveries: &[(DeliveryId, LeaseToken)],
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Lets go what may go: for up to `limit` registrations whose `release_at` has come, counts what
    /// waits, asks [`FlowState::release`], and makes the oldest held deliveries pending, wanted and
    /// due `now`, with `released_at` set. Deliveries together are `limit` at the most.
    ///
    /// For [`crate::flow::Release::Bundles`] the oldest of each bundle becomes pending with its
    /// `bundle_size`; the others stay held with the reason `bundled` and its id as their `bundle`.
    /// Registrations that somebody else is working on are passed over.
    ///
    /// Called again with the same `now` as long as there is more, it looks at every registration whose
    /// time had come by then, however many of them have nothing to let go.
    async fn release_held(
        &self,
        policy: &ReleasePolicy,
        now: Timestamp,
        limit: u32,
    ) -> Result<Released, StoreError>;

    /// Takes in what workers saw ([`FlowState::report`]) and returns what came of it, each once
    /// however many workers tell the same. In the same commit, durable on return: a registration that
    /// is to be switched off is (`disabled` is set, `updated_at` moves on), unless it is already; and
    /// for each transition a notice is stored as an event with its row in the outbox, due `now`
    /// ([`crate::NoticeKind`]; `BreakerOpened` with `until`, `BreakerClosed`, `RegistrationDisabled`
    /// with `reason`, `DeliveryDied`; each with `failingSince` when that is known).
    ///
    /// Reports of registrations that are gone are passed over.
    async fn report_health(
        &self,
        reports: &[HealthReport],
        policy: &BreakerPolicy,
        ids: &Ids,
        now: Timestamp,
    ) -> Result<Vec<(RegistrationId, Transition)>, StoreError>;

    /// The registrations for which more is held than `policy` allows, in the order of their ids.
    ///
    /// The cost follows the registrations that hold something, not the number of all, and for each it
    /// is what may be held: it is asked once, and not for every batch that is given up.
    async fn find_overflow(
        &self,
        policy: &HoldPolicy,
        now: Timestamp,
    ) -> Result<Vec<Overfull>, StoreError>;

    /// Gives up what is held for `overfull` beyond `policy`, the oldest first, up to `limit`
    /// deliveries: `dead` (`hold_overflow`), with those that go with them. What somebody else is
    /// working on is passed over. The cost follows `limit`, however much is held.
    ///
    /// In the same commit a notice `HoldOverflowed` is stored for each registration concerned, with
    /// `deliveries`, how many of it this call gave up; unless its owner was told less than
    /// `policy.tell_every` ago, or nothing but notices was given up: a notice that is held and given
    /// up must not cause another one.
    async fn give_up_overflow(
        &self,
        overfull: &[Overfull],
        policy: &HoldPolicy,
        ids: &Ids,
        now: Timestamp,
        limit: u32,
    ) -> Result<OverflowProgress, StoreError>;

    /// How a registration does; `None` when it is not visible.
    async fn flow_of(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
    ) -> Result<Option<FlowReport>, StoreError>;

    /// How registrations do, in the order of their ids; those that are not visible are left out.
    async fn health_of(
        &self,
        visibility: Visibility,
        registrations: &[RegistrationId],
    ) -> Result<Vec<RegistrationHealth>, StoreError>;

    /// Gives up to `limit` held deliveries of a registration up, the oldest first, for `reason`; how
    /// many, with those that go with them. `None` when it is not visible. Called again as long as it
    /// returns `limit` at least.
    async fn discard_held(
        &self,
        visibility: Visibility,
        registration: RegistrationId,
        reason: DeadReason,
        now: Timestamp,
        limit: u32,
    ) -> Result<Option<u64>, StoreError>;

    /// How many breakers are not closed, counted up to [`FlowReport::COUNT_LIMIT`].
    async fn open_breakers(&self) -> Result<BoundedCount, StoreError>;
}
