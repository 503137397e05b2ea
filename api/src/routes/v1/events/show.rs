//! `GET /api/v1/events/{id}`: what became of an event.

use axum::extract::State;
use postrider_domain::ports::EventReport;
use postrider_domain::{EventId, FilterName, Resource, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::App;
use crate::error::ApiError;
use crate::extract::{Caller, Id, Json};
use crate::routes::v1::deliveries::DeliveryView;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventView {
    id: EventId,
    filter: FilterName,
    r#type: String,
    resource: Resource,
    actor: Option<String>,
    occurred_at: Timestamp,
    accepted_at: Timestamp,
    data: Option<Box<RawValue>>,
    /// Whether its registrations have been looked for.
    dispatched: bool,
    /// How many of them the caller sees; not known before it is dispatched.
    matched: Option<usize>,
    /// One per registration it matched.
    deliveries: Vec<DeliveryView>,
}

impl From<EventReport> for EventView {
    fn from(report: EventReport) -> Self {
        let event = report.event;
        Self {
            id: event.id,
            filter: event.filter,
            r#type: event.event_type.to_string(),
            resource: event.resource,
            actor: event.actor,
            occurred_at: event.occurred_at,
            accepted_at: event.accepted_at,
            data: event.data,
            dispatched: report.dispatched,
            matched: report.dispatched.then_some(report.deliveries.len()),
            deliveries: report.deliveries.into_iter().map(DeliveryView::from).collect(),
        }
    }
}

pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<EventId>,
) -> Result<Json<EventView>, ApiError> {
    let report = app.store.find_event(caller.visibility(), id).await?;
    Ok(Json(report.ok_or_else(ApiError::not_found)?.into()))
}
