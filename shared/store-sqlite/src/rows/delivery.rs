//! Rows of `deliveries` and `attempts`, and what a claim returns.

use std::time::Duration;

use postrider_domain::ports::{BoxError, Claimed, StoreError};
use postrider_domain::{
    Attempt, AttemptId, AttemptOutcome, Delivery, DeliveryId, DeliveryState, Event, EventId,
    Registration, RegistrationId, ResponseHead, Timestamp,
};
use uuid::Uuid;

use super::EventRow;
use crate::errors::corrupt;

/// A delivery as its history shows it.
#[derive(sqlx::FromRow)]
pub(crate) struct DeliveryRow {
    pub(crate) id: Uuid,
    pub(crate) event_id: Uuid,
    pub(crate) registration_id: Uuid,
    pub(crate) state: String,
    pub(crate) attempts: i64,
    pub(crate) created_at: i64,
    pub(crate) wanted_at: i64,
    pub(crate) settled_at: Option<i64>,
    pub(crate) dead_reason: Option<String>,
    pub(crate) last_status: Option<i64>,
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
    let pending = state == DeliveryState::Pending;
    Ok(Delivery {
        id: DeliveryId(row.id),
        event: EventId(row.event_id),
        registration: RegistrationId(row.registration_id),
        state,
        attempts: row.attempts.try_into()?,
        created_at: Timestamp::from_micros(row.created_at),
        next_attempt_at: pending.then(|| Timestamp::from_micros(row.wanted_at)),
        settled_at: row.settled_at.map(Timestamp::from_micros),
        dead_reason: row.dead_reason.map(|text| text.parse()).transpose()?,
        last_status: row.last_status.map(u16::try_from).transpose()?,
        last_cause: row.last_cause.map(|text| text.parse()).transpose()?,
    })
}

/// An attempt.
pub(crate) struct AttemptRow {
    pub(crate) id: Uuid,
    pub(crate) delivery_id: Uuid,
    pub(crate) number: i64,
    pub(crate) started_at: i64,
    pub(crate) duration_us: i64,
    pub(crate) status: Option<i64>,
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

fn attempt(row: AttemptRow) -> Result<Attempt, BoxError> {
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
        started_at: Timestamp::from_micros(row.started_at),
        duration: Duration::from_micros(row.duration_us.try_into()?),
        outcome,
        response,
        worker: row.worker,
    })
}

/// A delivery that may be claimed, with its event.
pub(crate) struct ClaimRow {
    pub(crate) delivery_id: Uuid,
    pub(crate) registration_id: Uuid,
    pub(crate) attempts: i64,
    pub(crate) earlier_rounds: i64,
    pub(crate) event_id: Uuid,
    pub(crate) filter: String,
    pub(crate) event_type: String,
    pub(crate) resource_id: String,
    pub(crate) resource_name: Option<String>,
    pub(crate) resource_category: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) occurred_at: i64,
    pub(crate) accepted_at: i64,
    pub(crate) data: Option<String>,
    pub(crate) publisher_id: Option<Uuid>,
    pub(crate) audience: Option<String>,
}

impl ClaimRow {
    /// The claim, which goes to `registration`.
    pub(crate) fn into_claimed(self, registration: Registration) -> Result<Claimed, StoreError> {
        let event = EventRow {
            id: self.event_id,
            filter: self.filter,
            event_type: self.event_type,
            resource_id: self.resource_id,
            resource_name: self.resource_name,
            resource_category: self.resource_category,
            actor: self.actor,
            occurred_at: self.occurred_at,
            accepted_at: self.accepted_at,
            data: self.data,
            publisher_id: self.publisher_id,
            audience: self.audience,
        };
        Ok(Claimed {
            delivery: DeliveryId(self.delivery_id),
            attempts: self.attempts.try_into().map_err(corrupt("deliveries"))?,
            earlier_rounds: self.earlier_rounds.try_into().map_err(corrupt("deliveries"))?,
            event: Event::try_from(event)?,
            registration,
        })
    }
}
