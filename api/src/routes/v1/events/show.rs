//! `GET /api/v1/events/{id}`: what became of an event.

use axum::extract::State;
use axum::response::Response;
use postrider_domain::ports::EventReport;
use postrider_domain::{Event, EventId, FilterName, Resource, Timestamp, UserId};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::schemas::WrittenResource;
use crate::App;
use crate::error::ApiError;
use crate::etag::{ETag, IfNoneMatch};
use crate::extract::{Caller, Id};
use crate::openapi::schema;
use crate::routes::v1::deliveries::DeliveryView;

/// An event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventView {
    #[schema(value_type = schema::EventId)]
    id: EventId,
    /// The kind of event, which is also the kind of resource.
    #[schema(value_type = schema::FilterName)]
    filter: FilterName,
    /// What happened.
    #[schema(value_type = schema::EventType)]
    r#type: String,
    #[schema(value_type = WrittenResource)]
    resource: Resource,
    /// Who did it, in the publisher's words.
    #[schema(required)]
    actor: Option<String>,
    #[schema(value_type = schema::Time)]
    occurred_at: Timestamp,
    #[schema(value_type = schema::Time)]
    accepted_at: Timestamp,
    /// The publisher's own data, kept to the byte.
    #[schema(required, value_type = Option<serde_json::Value>)]
    data: Option<Box<RawValue>>,
    /// Who published it; none when the product did.
    #[schema(required, value_type = Option<schema::UserId>)]
    publisher_id: Option<UserId>,
    /// The names, in lower case, of the only users who are told, if it was published so. Only who
    /// published it and administrators see them.
    #[schema(required)]
    audience: Option<Vec<String>>,
    /// When its payload was removed: `data` and the resource's name are none from then on.
    #[schema(required, value_type = Option<schema::Time>)]
    expunged_at: Option<Timestamp>,
    /// Whether its registrations have been looked for.
    dispatched: bool,
    /// How many of them the caller sees; not known before it is dispatched, nor when there are `more`.
    #[schema(required)]
    matched: Option<usize>,
    /// One per registration it matched, the newest first, up to 100.
    #[schema(max_items = 100)]
    deliveries: Vec<DeliveryView>,
    /// Whether there are more deliveries than these: `GET /api/v1/deliveries?eventId=…` lists all of
    /// them, page by page.
    more: bool,
}

impl EventView {
    fn new(report: EventReport, caller: &Caller) -> Self {
        let audience = audience(&report.event, caller);
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
            publisher_id: event.publisher,
            audience,
            expunged_at: report.expunged_at,
            dispatched: report.dispatched,
            matched: (report.dispatched && !report.more).then_some(report.deliveries.len()),
            deliveries: report.deliveries.into_iter().map(DeliveryView::from).collect(),
            more: report.more,
        }
    }
}

/// Who is told of an event, if `caller` may know.
pub(super) fn audience(event: &Event, caller: &Caller) -> Option<Vec<String>> {
    let sees_it = caller.is_administrator() || event.publisher == Some(caller.user.id);
    event.audience.as_ref().filter(|_| sees_it).map(|audience| audience.keys().to_vec())
}

/// Shows an event and what became of it.
///
/// Others than administrators see events that were delivered to their registrations, and those that
/// they published.
#[utoipa::path(
    get, path = "/api/v1/events/{id}", tag = "events", operation_id = "getEvent",
    params(("id" = schema::EventId, Path), IfNoneMatch),
    responses((status = 200, body = EventView)),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<EventId>,
    version: IfNoneMatch,
) -> Result<Response, ApiError> {
    let report = app.store.find_event(caller.visibility(), id).await?;
    let report = report.ok_or_else(ApiError::not_found)?;
    let view = EventView::new(report, &caller);
    Ok(version.show(ETag::of_content(&view), view))
}
