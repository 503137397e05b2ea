//! How clients see deliveries and attempts.

use postrider_domain::ports::{DeliveryReport, ListedDelivery};
use postrider_domain::{
    DeadReason, Delivery, DeliveryId, EventId, EventType, FailureCause, FilterName, HoldReason,
    RegistrationId, Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use self::attempt::AttemptView;
pub(in crate::routes::v1) use self::names::DeadReasonName;
pub(super) use self::names::HoldReasonName;
pub(in crate::routes::v1) use self::names::StateName;
use crate::openapi::schema;
use crate::routes::v1::headers::Signatures;

mod attempt;
mod names;

/// A delivery.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryView {
    #[schema(value_type = schema::DeliveryId)]
    id: DeliveryId,
    #[schema(value_type = schema::EventId)]
    event_id: EventId,
    #[schema(value_type = schema::RegistrationId)]
    registration_id: RegistrationId,
    #[schema(value_type = StateName)]
    state: &'static str,
    /// What it waits for, while it is held.
    #[schema(required, value_type = Option<HoldReasonName>)]
    hold_reason: Option<&'static str>,
    /// How many attempts were made, those before a replay included.
    attempt_count: u16,
    /// How often it was sent again at somebody's request.
    replays: u16,
    /// The delivery that carries its event, if another one does.
    #[schema(required, value_type = Option<schema::DeliveryId>)]
    bundle: Option<DeliveryId>,
    /// How many events it carries, its own included.
    bundle_size: u16,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    /// When it is attempted next, while it is pending.
    #[schema(required, value_type = Option<schema::Time>)]
    next_attempt_at: Option<Timestamp>,
    /// When it was delivered or given up.
    #[schema(required, value_type = Option<schema::Time>)]
    settled_at: Option<Timestamp>,
    /// Why it was given up.
    #[schema(required, value_type = Option<DeadReasonName>)]
    dead_reason: Option<&'static str>,
    /// The status of the last answer.
    #[schema(required)]
    last_status: Option<u16>,
    /// Why the last attempt failed.
    #[schema(required)]
    last_cause: Option<&'static str>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            event_id: delivery.event,
            registration_id: delivery.registration,
            state: delivery.state.as_str(),
            hold_reason: delivery.hold_reason.map(HoldReason::as_str),
            attempt_count: delivery.attempts,
            replays: delivery.replays,
            bundle: delivery.bundle,
            bundle_size: delivery.bundle_size,
            created_at: delivery.created_at,
            next_attempt_at: delivery.next_attempt_at,
            settled_at: delivery.settled_at,
            dead_reason: delivery.dead_reason.map(DeadReason::as_str),
            last_status: delivery.last_status,
            last_cause: delivery.last_cause.map(FailureCause::as_str),
        }
    }
}

/// A delivery in a list, with what tells which one it is.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedDelivery)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedDeliveryView {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// The filter of its event; none once the event is no longer kept.
    #[schema(required, value_type = Option<schema::FilterName>)]
    filter: Option<FilterName>,
    /// What happened; none once the event is no longer kept.
    #[schema(required, value_type = Option<schema::EventType>)]
    r#type: Option<EventType>,
    /// Where its registration posts; none once that is deleted.
    #[schema(required)]
    registration_uri: Option<String>,
}

impl From<ListedDelivery> for ListedDeliveryView {
    fn from(listed: ListedDelivery) -> Self {
        let (filter, event_type) = listed.event.unzip();
        Self {
            delivery: listed.delivery.into(),
            filter,
            r#type: event_type,
            registration_uri: listed.uri.map(|uri| uri.as_str().to_owned()),
        }
    }
}

/// A delivery with its attempts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryReportView {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// The newest 200 at the most, in the order in which they were made.
    #[schema(max_items = 200)]
    attempts: Vec<AttemptView>,
    /// Whether there are older ones.
    more_attempts: bool,
}

impl DeliveryReportView {
    pub(super) fn new(report: DeliveryReport, signatures: Signatures) -> Self {
        let attempts = report.attempts.into_iter();
        Self {
            delivery: report.delivery.into(),
            attempts: attempts.map(|attempt| AttemptView::new(attempt, signatures)).collect(),
            more_attempts: report.more_attempts,
        }
    }
}
