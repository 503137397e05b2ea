//! `POST /api/v1/events`: the hot path.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use postrider_domain::{EventId, SubmissionOutcome};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{Publication, Sent};
use super::idempotency::Keys;
use super::reader::EventReader;
use super::schemas::WrittenEvents;
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Caller, IdempotencyKey, Json, JsonBody};
use crate::openapi::schema;

/// The events that were accepted.
#[derive(Serialize, ToSchema)]
pub(super) struct Published {
    /// In the order of the request.
    #[schema(min_items = 1, max_items = 1000)]
    events: Vec<PublishedEvent>,
}

/// An event that was accepted.
#[derive(Serialize, ToSchema)]
struct PublishedEvent {
    #[schema(value_type = schema::EventId)]
    id: EventId,
    /// Whether it had been accepted before, so that nothing happened this time.
    duplicate: bool,
}

/// Accepts one event or several, all or none. They are durable when this answers.
#[utoipa::path(
    post, path = "/api/v1/events", tag = "events", operation_id = "publishEvents",
    params(IdempotencyKey),
    request_body = WrittenEvents,
    responses(
        (status = 202, body = Published),
        (status = 409, description = "`idempotency_conflict`: a key was used for other content."),
    ),
)]
pub(super) async fn publish(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<(StatusCode, Json<Published>), ApiError> {
    let keys = Keys::of_request(caller.user.id, &headers, &body.0)?;
    let sent = Sent::parse(&body)?;
    let filters = app.filters.covering(sent.filters()).await?;
    let reader = EventReader::new(&app, &caller, &filters);
    let submission = Publication { event: reader, keys: &keys }.read(&sent)?;

    match app.acceptor.accept(submission).await? {
        SubmissionOutcome::Accepted(events) => {
            let events = events
                .into_iter()
                .map(|event| PublishedEvent { id: event.id, duplicate: event.duplicate })
                .collect();
            Ok((StatusCode::ACCEPTED, Json(Published { events })))
        }
        SubmissionOutcome::Conflict { index, existing } => {
            Err(ApiError::new(Code::IdempotencyConflict).detail(format!(
                "event {index} of the request has a key that {existing} was published with, \
                 whose content is different; nothing was stored"
            )))
        }
    }
}
