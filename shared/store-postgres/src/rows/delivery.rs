//! Rows of `deliveries` and `attempts`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    Attempt, AttemptId, AttemptOutcome, Delivery, DeliveryId, DeliveryState, EventId,
    RegistrationId, ResponseHead, SentRequest, Timings,
};
use uuid::Uuid;

use super::json;
use crate::errors::corrupt;

/// A delivery as its history shows it.
#[derive(sqlx::FromRow)]
pub(crate) struct DeliveryRow {
    pub(crate) id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) registration_id: Uuid,
    pub(crate) state: String,
    pub(crate) hold_reason: Option<String>,
    pub(crate) attempts: i16,
    pub(crate) replays: i16,
    pub(crate) bundle_id: Option<Uuid>,
    pub(crate) bundle_size: i16,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) wanted_at: DateTime<Utc>,
    pub(crate) settled_at: Option<DateTime<Utc>>,
    pub(crate) dead_reason: Option<String>,
    pub(crate) last_status: Option<i16>,
    pub(crate) last_cause: Option<String>,
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = StoreError;

    fn try_from(row: DeliveryRow) -> Result<Self, StoreError> {
        delivery(row).map_err(corrupt("deliveries"))
    }
}

fn delivery(row: DeliveryRow) -> Result<Delivery, BoxError> {
    let state: DeliveryState = row.state.parse()?;
    let held = row.hold_reason.filter(|_| state == DeliveryState::Held);
    Ok(Delivery {
        id: DeliveryId(row.id),
        event: EventId(row.event_id),
        registration: RegistrationId(row.registration_id),
        state,
        hold_reason: held.map(|text| text.parse()).transpose()?,
        attempts: row.attempts.try_into()?,
        replays: row.replays.try_into()?,
        bundle: row.bundle_id.map(DeliveryId),
        bundle_size: row.bundle_size.try_into()?,
        created_at: row.created_at.into(),
        next_attempt_at: (state == DeliveryState::Pending).then(|| row.wanted_at.into()),
        settled_at: row.settled_at.map(Into::into),
        dead_reason: row.dead_reason.map(|text| text.parse()).transpose()?,
        last_status: row.last_status.map(u16::try_from).transpose()?,
        last_cause: row.last_cause.map(|text| text.parse()).transpose()?,
    })
}

/// An attempt.
pub(crate) struct AttemptRow {
    pub(crate) id: Uuid,
    pub(crate) delivery_id: Uuid,
    pub(crate) number: i16,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) duration_us: i64,
    pub(crate) dns_us: Option<i64>,
    pub(crate) connect_us: Option<i64>,
    pub(crate) tls_us: Option<i64>,
    pub(crate) first_byte_us: Option<i64>,
    pub(crate) replay: i16,
    pub(crate) request_uri: Option<String>,
    pub(crate) request_headers: Option<String>,
    pub(crate) request_bytes: Option<i32>,
    pub(crate) request_digest: Option<Vec<u8>>,
    pub(crate) status: Option<i16>,
    pub(crate) cause: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) response_headers: Option<String>,
    pub(crate) response_body: Option<Vec<u8>>,
    pub(crate) worker: String,
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = StoreError;

    fn try_from(row: AttemptRow) -> Result<Self, StoreError> {
        attempt(row).map_err(corrupt("attempts"))
    }
}

fn attempt(mut row: AttemptRow) -> Result<Attempt, BoxError> {
    let request = request(&mut row)?;
    let status = row.status.map(u16::try_from).transpose()?;
    let outcome = match (row.cause, status) {
        (Some(cause), status) => {
            AttemptOutcome::Failed { cause: cause.parse()?, status, detail: row.detail }
        }
        (None, Some(status)) => AttemptOutcome::Succeeded { status },
        (None, None) => return Err("neither a status nor a cause".into()),
    };
    let response = match (row.response_headers, row.response_body) {
        (Some(headers), Some(body)) => {
            Some(ResponseHead { headers: serde_json::from_str(&headers)?, body })
        }
        _ => None,
    };
    Ok(Attempt {
        id: AttemptId(row.id),
        delivery: DeliveryId(row.delivery_id),
        number: row.number.try_into()?,
        started_at: row.started_at.into(),
        duration: Duration::from_micros(row.duration_us.try_into()?),
        timings: Timings {
            dns: phase(row.dns_us)?,
            connect: phase(row.connect_us)?,
            tls: phase(row.tls_us)?,
            first_byte: phase(row.first_byte_us)?,
        },
        replay: row.replay.try_into()?,
        request,
        outcome,
        response,
        worker: row.worker,
    })
}

/// What was sent; the row has all of it or nothing.
fn request(row: &mut AttemptRow) -> Result<Option<SentRequest>, BoxError> {
    let (uri, headers) = (row.request_uri.take(), row.request_headers.take());
    let (bytes, digest) = (row.request_bytes, row.request_digest.take());
    let (Some(uri), Some(headers), Some(bytes), Some(digest)) = (uri, headers, bytes, digest)
    else {
        return Ok(None);
    };
    Ok(Some(SentRequest {
        uri,
        headers: serde_json::from_str(&headers)?,
        body_bytes: bytes.try_into()?,
        body_digest: digest.as_slice().try_into()?,
    }))
}

fn phase(micros: Option<i64>) -> Result<Option<Duration>, BoxError> {
    Ok(micros.map(u64::try_from).transpose()?.map(Duration::from_micros))
}

/// Header names and values as they are stored: in order, and repeated ones repeated.
pub(crate) fn header_json(headers: &[(String, String)]) -> String {
    json(&headers)
}
