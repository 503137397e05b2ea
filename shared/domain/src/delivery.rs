//! Deliveries: an event on its way to a registration.

use std::fmt;
use std::str::FromStr;

use crate::attempt::text_enum;
use crate::{DeliveryId, EventId, FailureCause, Invalid, RegistrationId, Timestamp};

text_enum! {
    /// Where a delivery stands.
    DeliveryState {
        /// Waiting for its first or next attempt, or being attempted.
        Pending = "pending",
        /// Kept until it may go; [`HoldReason`] says what it waits for.
        Held = "held",
        /// The receiver has it.
        Delivered = "delivered",
        /// Given up; kept, visible and replayable.
        Dead = "dead",
    }
}

impl DeliveryState {
    /// Whether it may be sent again at somebody's request.
    pub const fn may_replay(self) -> bool {
        match self {
            Self::Delivered | Self::Dead => true,
            // It is on its way already, or will be as soon as its registration is resumed.
            Self::Pending | Self::Held => false,
        }
    }

    /// Whether nothing more happens to it by itself.
    pub const fn is_settled(self) -> bool {
        match self {
            Self::Delivered | Self::Dead => true,
            Self::Pending | Self::Held => false,
        }
    }
}

text_enum! {
    /// Why a delivery is held. The first that applies, in this order.
    HoldReason {
        /// Its event goes with another delivery, which carries it.
        Bundled = "bundled",
        /// The owner of its registration is switched off.
        OwnerDisabled = "owner_disabled",
        /// Its registration was switched off by the product.
        Disabled = "disabled",
        /// Its registration is paused.
        Paused = "paused",
        /// The secret it would be signed with has expired.
        SecretExpired = "secret_expired",
        /// The receiver failed too often and is left alone for a while.
        Breaker = "breaker",
        /// It waits for its turn in a rate, or for others in a batch.
        Paced = "paced",
        /// The receiver has as many requests on their way as it may have.
        Busy = "busy",
    }
}

impl HoldReason {
    /// Whether it ends by itself, without anybody doing something.
    pub const fn ends_by_itself(self) -> bool {
        match self {
            Self::Bundled | Self::Breaker | Self::Paced | Self::Busy => true,
            Self::OwnerDisabled | Self::Disabled | Self::Paused | Self::SecretExpired => false,
        }
    }
}

text_enum! {
    /// Why a delivery was given up.
    DeadReason {
        /// Every attempt of its schedule failed.
        Exhausted = "exhausted",
        /// The receiver answered 410 Gone.
        Gone = "gone",
        /// Its registration was deleted.
        RegistrationDeleted = "registration_deleted",
        /// Its registration was paused, and discards what comes meanwhile; or its owner threw away what
        /// was held.
        Discarded = "discarded",
        /// It was held for too long, or too many others were held with it.
        HoldOverflow = "hold_overflow",
        /// The condition of its registration could not be evaluated on its event.
        ConditionFailed = "condition_failed",
        /// The payload of its event was removed on request.
        Expunged = "expunged",
    }
}

/// What an attempt makes of its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It is delivered.
    Delivered,
    /// It is tried again.
    Retry {
        /// Not before this moment.
        at: Timestamp,
    },
    /// It is held again, and the attempt does not count towards its schedule: a probe of a receiver
    /// that is not back yet costs a delivery nothing.
    Hold,
    /// It is given up.
    Dead {
        /// Why.
        reason: DeadReason,
    },
}

impl Settlement {
    /// The state that follows.
    pub const fn state(self) -> DeliveryState {
        match self {
            Self::Delivered => DeliveryState::Delivered,
            Self::Retry { .. } => DeliveryState::Pending,
            Self::Hold => DeliveryState::Held,
            Self::Dead { .. } => DeliveryState::Dead,
        }
    }

    /// When it is due next, if it is.
    pub const fn due_at(self) -> Option<Timestamp> {
        match self {
            Self::Retry { at } => Some(at),
            Self::Delivered | Self::Hold | Self::Dead { .. } => None,
        }
    }

    /// Why it was given up, if it was.
    pub const fn dead_reason(self) -> Option<DeadReason> {
        match self {
            Self::Dead { reason } => Some(reason),
            Self::Delivered | Self::Retry { .. } | Self::Hold => None,
        }
    }
}

/// An event on its way to a registration, as its history shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id, and the `webhook-id` of its requests.
    pub id: DeliveryId,
    /// What is delivered.
    pub event: EventId,
    /// Where to.
    pub registration: RegistrationId,
    /// Where it stands.
    pub state: DeliveryState,
    /// What it waits for; only while held.
    pub hold_reason: Option<HoldReason>,
    /// How many attempts were made.
    pub attempts: u16,
    /// How often it was sent again at somebody's request.
    pub replays: u16,
    /// The delivery that carries its event, if another one does.
    pub bundle: Option<DeliveryId>,
    /// How many events it carries, its own included.
    pub bundle_size: u16,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the next attempt is wanted; only while pending.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was delivered or given up.
    pub settled_at: Option<Timestamp>,
    /// Why it was given up.
    pub dead_reason: Option<DeadReason>,
    /// The status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last attempt failed.
    pub last_cause: Option<FailureCause>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_settled_may_be_replayed() {
        for state in DeliveryState::ALL {
            assert_eq!(state.may_replay(), state.is_settled(), "{state}");
        }
    }

    #[test]
    fn a_settlement_is_due_exactly_when_it_leaves_the_delivery_pending() {
        let settlements = [
            Settlement::Delivered,
            Settlement::Retry { at: Timestamp::EPOCH },
            Settlement::Hold,
            Settlement::Dead { reason: DeadReason::Exhausted },
        ];
        for settlement in settlements {
            assert_eq!(settlement.due_at().is_some(), settlement.state() == DeliveryState::Pending);
            assert_eq!(
                settlement.dead_reason().is_some(),
                settlement.state() == DeliveryState::Dead
            );
        }
    }
}
