//! The names that the domain gives to states and reasons, for the document.

use utoipa::ToSchema;

/// The state of a delivery.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub(in crate::routes::v1) enum StateName {
    Pending,
    Held,
    Delivered,
    Dead,
}

/// What a held delivery waits for.
#[derive(ToSchema)]
#[schema(as = HoldReason, rename_all = "snake_case")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub(in super::super) enum HoldReasonName {
    /// Its event goes with another delivery, which carries it.
    Bundled,
    /// The owner of its registration is switched off.
    OwnerDisabled,
    /// Its registration was switched off by the product.
    Disabled,
    /// Its registration is paused.
    Paused,
    /// The secret it would be signed with has expired.
    SecretExpired,
    /// The receiver failed too often and is left alone for a while.
    Breaker,
    /// It waits for its turn in a rate, or for others in a batch.
    Paced,
    /// The receiver has as many requests on their way as it may have.
    Busy,
}

/// Why a delivery was given up.
#[derive(ToSchema)]
#[schema(as = DeadReason, rename_all = "snake_case")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub(in crate::routes::v1) enum DeadReasonName {
    /// The last attempt of the schedule failed.
    Exhausted,
    /// The receiver answered 410 Gone.
    Gone,
    /// Its registration was deleted.
    RegistrationDeleted,
    /// Its registration was paused and discards what comes meanwhile, or what was held was thrown away.
    Discarded,
    /// It was held for too long, or too many others were held with it.
    HoldOverflow,
    /// The condition of its registration could not be evaluated on its event.
    ConditionFailed,
    /// The payload of its event was removed on request.
    Expunged,
}

#[cfg(test)]
mod tests {
    use postrider_domain::{DeadReason, DeliveryState, HoldReason};
    use serde_json::{Value, to_value};
    use utoipa::PartialSchema;

    use super::*;

    fn described<T: PartialSchema>() -> Value {
        to_value(T::schema()).unwrap()["enum"].clone()
    }

    #[test]
    fn the_document_has_every_name_that_the_domain_gives() {
        assert_eq!(described::<StateName>(), to_value(DeliveryState::ALL).unwrap());
        assert_eq!(described::<HoldReasonName>(), to_value(HoldReason::ALL).unwrap());
        assert_eq!(described::<DeadReasonName>(), to_value(DeadReason::ALL).unwrap());
    }
}
