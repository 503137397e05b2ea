//! How clients see attempts.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postrider_domain::{
    Attempt, AttemptId, AttemptOutcome, FailureCause, ResponseHead, SentRequest, Timestamp, Timings,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schema;
use crate::routes::v1::bodies::cut_text;
use crate::routes::v1::headers::{HeaderView, Signatures, headers};

/// An attempt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptView {
    #[schema(value_type = schema::AttemptId)]
    id: AttemptId,
    /// Its place among the attempts of the delivery, from 1.
    number: u16,
    #[schema(value_type = schema::Time)]
    started_at: Timestamp,
    /// Which replay of the delivery it belongs to; 0 when it was not asked for.
    replay: u16,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    timings: TimingsView,
    /// What was sent; none when the request was never made, or an older version made it.
    #[schema(required)]
    request: Option<RequestView>,
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

impl AttemptView {
    pub(super) fn new(attempt: Attempt, signatures: Signatures) -> Self {
        let (status, cause) = (attempt.outcome.status(), attempt.outcome.cause());
        Self {
            id: attempt.id,
            number: attempt.number,
            started_at: attempt.started_at,
            replay: attempt.replay,
            duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
            timings: attempt.timings.into(),
            request: attempt.request.map(|request| RequestView::new(request, signatures)),
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

/// Where the time of an attempt went, in milliseconds. A phase is none when the connection was there
/// already, or when the attempt ended before it did.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "every duration of the API has its unit in its name")]
struct TimingsView {
    /// Resolving the name.
    #[schema(required)]
    dns_ms: Option<f64>,
    /// Connecting, by TCP.
    #[schema(required)]
    connect_ms: Option<f64>,
    /// The TLS handshake.
    #[schema(required)]
    tls_ms: Option<f64>,
    /// From having the connection, new or kept, to the head of the answer.
    #[schema(required)]
    first_byte_ms: Option<f64>,
}

impl From<Timings> for TimingsView {
    fn from(timings: Timings) -> Self {
        // Phases are often shorter than a millisecond: a microsecond is as exact as it gets.
        let millis = |phase: Duration| (phase.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
        Self {
            dns_ms: timings.dns.map(millis),
            connect_ms: timings.connect.map(millis),
            tls_ms: timings.tls.map(millis),
            first_byte_ms: timings.first_byte.map(millis),
        }
    }
}

/// A request as it was sent, nothing in it that proves who sends it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RequestView {
    /// Where to; the values of its query are masked, and so is a user in it.
    uri: String,
    /// Credentials are masked, and for everybody but the owner of the registration so are signatures.
    headers: Vec<HeaderView>,
    /// How long the body was, in bytes.
    body_bytes: u32,
    /// SHA-256 of the body, in hex digits. The body itself follows from the event.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    body_sha256: String,
}

impl RequestView {
    fn new(request: SentRequest, signatures: Signatures) -> Self {
        Self {
            uri: request.uri,
            headers: signatures.of_request(request.headers),
            body_bytes: request.body_bytes,
            body_sha256: hex::encode(request.body_digest),
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

impl From<ResponseHead> for ResponseView {
    fn from(head: ResponseHead) -> Self {
        let headers = headers(head.headers);
        match cut_text(head.body) {
            Ok(body) => Self { headers, body: Some(body), body_base64: None },
            Err(body) => Self { headers, body: None, body_base64: Some(STANDARD.encode(body)) },
        }
    }
}
