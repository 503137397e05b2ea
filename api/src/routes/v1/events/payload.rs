//! `DELETE /api/v1/events/{id}/payload`: for what must not be kept.

use axum::extract::State;
use http::StatusCode;
use postrider_domain::EventId;
use tracing::info;

use crate::App;
use crate::error::ApiError;
use crate::extract::{Administrator, Id};
use crate::openapi::schema;

/// Removes the payload of an event for good, for administrators: its data, the name of its resource,
/// and the answers that receivers gave to it.
///
/// Its deliveries that wait are given up (`expunged`), and none can be sent again. Doing it again does
/// nothing. What receivers have they keep.
#[utoipa::path(
    delete, path = "/api/v1/events/{id}/payload", tag = "events",
    operation_id = "expungeEvent",
    params(("id" = schema::EventId, Path)),
    responses((status = 204, description = "It is gone.")),
)]
pub(super) async fn remove(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<EventId>,
) -> Result<StatusCode, ApiError> {
    let removed = app.store.expunge_event(id, app.clock.now()).await?;
    if removed.ok_or_else(ApiError::not_found)? {
        info!(event.id = %id, "payload removed");
    }
    Ok(StatusCode::NO_CONTENT)
}
