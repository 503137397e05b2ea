//! Rows of what is news.

use std::time::Duration;

use chrono::{DateTime, Utc};
use postrider_domain::activity::{AttemptNews, EventNews};
use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{AttemptId, DeliveryId, EventId, RegistrationId, Timestamp, UserId};
use uuid::Uuid;

use crate::errors::corrupt;

/// An attempt, with its delivery and the owner of the registration.
pub(crate) struct AttemptNewsRow {
    pub(crate) id: Uuid,
    pub(crate) delivery_id: Uuid,
    pub(crate) registration_id: Uuid,
    pub(crate) owner_id: Option<Uuid>,
    pub(crate) event_id: Uuid,
    pub(crate) state: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) duration_us: i64,
    pub(crate) status: Option<i16>,
    pub(crate) cause: Option<String>,
}

impl TryFrom<AttemptNewsRow> for AttemptNews {
    type Error = StoreError;

    fn try_from(row: AttemptNewsRow) -> Result<Self, StoreError> {
        attempt(row).map_err(corrupt("attempts"))
    }
}

fn attempt(row: AttemptNewsRow) -> Result<AttemptNews, BoxError> {
    let duration = Duration::from_micros(row.duration_us.try_into()?);
    Ok(AttemptNews {
        id: AttemptId(row.id),
        delivery: DeliveryId(row.delivery_id),
        registration: RegistrationId(row.registration_id),
        owner: row.owner_id.map(UserId),
        event: EventId(row.event_id),
        state: row.state.parse()?,
        at: Timestamp::from(row.started_at) + duration,
        status: row.status.map(u16::try_from).transpose()?,
        cause: row.cause.map(|text| text.parse()).transpose()?,
    })
}

/// An event.
pub(crate) struct EventNewsRow {
    pub(crate) id: Uuid,
    pub(crate) filter: String,
    pub(crate) event_type: String,
    pub(crate) accepted_at: DateTime<Utc>,
}

impl TryFrom<EventNewsRow> for EventNews {
    type Error = StoreError;

    fn try_from(row: EventNewsRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: EventId(row.id),
            filter: row.filter.parse().map_err(corrupt("events"))?,
            event_type: row.event_type.parse().map_err(corrupt("events"))?,
            at: row.accepted_at.into(),
        })
    }
}
