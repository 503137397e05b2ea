//! How clients see deliveries and attempts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postrider_domain::delivery::DeadReason;
use postrider_domain::ports::DeliveryReport;
use postrider_domain::{
    Attempt, AttemptId, AttemptOutcome, Delivery, DeliveryId, EventId, FailureCause,
    RegistrationId, ResponseHead, Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schema;

/// The state of a delivery.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub(super) enum StateName {
    Pending,
    Held,
    Delivered,
    Dead,
}

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
    attempt_count: u16,
    #[schema(value_type = schema::Time)]
    created_at: Timestamp,
    /// When it is attempted next, while it is pending.
    #[schema(required, value_type = Option<schema::Time>)]
    next_attempt_at: Option<Timestamp>,
    /// When it was delivered or given up.
    #[schema(required, value_type = Option<schema::Time>)]
    settled_at: Option<Timestamp>,
    /// Why it was given up.
    #[schema(required)]
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
            attempt_count: delivery.attempts,
            created_at: delivery.created_at,
            next_attempt_at: delivery.next_attempt_at,
            settled_at: delivery.settled_at,
            dead_reason: delivery.dead_reason.map(DeadReason::as_str),
            last_status: delivery.last_status,
            last_cause: delivery.last_cause.map(FailureCause::as_str),
        }
    }
}

/// A delivery with its attempts.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryReportView {
    #[serde(flatten)]
    delivery: DeliveryView,
    attempts: Vec<AttemptView>,
}

impl From<DeliveryReport> for DeliveryReportView {
    fn from(report: DeliveryReport) -> Self {
        Self {
            delivery: report.delivery.into(),
            attempts: report.attempts.into_iter().map(AttemptView::from).collect(),
        }
    }
}

/// An attempt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AttemptView {
    #[schema(value_type = schema::AttemptId)]
    id: AttemptId,
    /// Its place among the attempts of the delivery, from 1.
    number: u16,
    #[schema(value_type = schema::Time)]
    started_at: Timestamp,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    /// The status of the answer, if there was one.
    #[schema(required)]
    status: Option<u16>,
    /// Why it failed; none when it succeeded.
    #[schema(required)]
    cause: Option<&'static str>,
    /// More about that.
    #[schema(required)]
    detail: Option<String>,
    /// The beginning of the answer, if there was one.
    #[schema(required)]
    response: Option<ResponseView>,
    /// The process that made it.
    worker: String,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let (status, cause) = (attempt.outcome.status(), attempt.outcome.cause());
        Self {
            id: attempt.id,
            number: attempt.number,
            started_at: attempt.started_at,
            duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
            status,
            cause: cause.map(FailureCause::as_str),
            detail: match attempt.outcome {
                AttemptOutcome::Succeeded { .. } => None,
                AttemptOutcome::Failed { detail, .. } => detail,
            },
            response: attempt.response.map(ResponseView::from),
            worker: attempt.worker,
        }
    }
}

/// The beginning of a response, as it came from a stranger: nothing in it is to be trusted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ResponseView {
    headers: Vec<HeaderView>,
    /// The body when it is text, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    body: Option<String>,
    /// … and when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    body_base64: Option<String>,
}

/// A header of a response.
#[derive(Serialize, ToSchema)]
struct HeaderView {
    name: String,
    value: String,
}

impl From<ResponseHead> for ResponseView {
    fn from(head: ResponseHead) -> Self {
        let headers =
            head.headers.into_iter().map(|(name, value)| HeaderView { name, value }).collect();
        match text(head.body) {
            Ok(body) => Self { headers, body: Some(body), body_base64: None },
            Err(body) => Self { headers, body: None, body_base64: Some(STANDARD.encode(body)) },
        }
    }
}

/// The text of a body that may have been cut in the middle of a character.
fn text(body: Vec<u8>) -> Result<String, Vec<u8>> {
    String::from_utf8(body).or_else(|error| {
        let (valid, cut) = (error.utf8_error().valid_up_to(), error.utf8_error().error_len());
        let mut body = error.into_bytes();
        // No length means that the end came too early, which only a cut explains.
        if cut.is_some() {
            return Err(body);
        }
        body.truncate(valid);
        String::from_utf8(body).map_err(std::string::FromUtf8Error::into_bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cut_inside_a_character_is_text_and_other_bytes_are_not() {
        assert_eq!(text("grün".into()).unwrap(), "grün");
        assert_eq!(text("grün".as_bytes()[..3].to_vec()).unwrap(), "gr");
        assert_eq!(text(vec![0xff, b'a']).unwrap_err(), [0xff, b'a']);
    }
}
