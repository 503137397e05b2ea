//! Rows of `events`.

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{Audience, Event, EventId, Resource, Timestamp, UserId};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::errors::corrupt;

/// An event.
#[derive(sqlx::FromRow)]
pub(crate) struct EventRow {
    pub(crate) id: Uuid,
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
    /// JSON: names.
    pub(crate) audience: Option<String>,
}

impl TryFrom<EventRow> for Event {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        event(row).map_err(corrupt("events"))
    }
}

fn event(row: EventRow) -> Result<Event, BoxError> {
    Ok(Event {
        id: EventId(row.id),
        filter: row.filter.parse()?,
        event_type: row.event_type.parse()?,
        resource: Resource {
            id: row.resource_id,
            name: row.resource_name,
            category: row.resource_category,
        },
        actor: row.actor,
        occurred_at: Timestamp::from_micros(row.occurred_at),
        accepted_at: Timestamp::from_micros(row.accepted_at),
        data: row.data.map(RawValue::from_string).transpose()?,
        publisher: row.publisher_id.map(UserId),
        audience: row.audience.as_deref().map(audience).transpose()?,
    })
}

fn audience(names: &str) -> Result<Audience, BoxError> {
    let names: Vec<String> = serde_json::from_str(names)?;
    Ok(Audience::parse(names)?)
}
