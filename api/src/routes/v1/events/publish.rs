//! `POST /api/v1/events`: the hot path.

use axum::extract::State;
use http::{HeaderMap, StatusCode};
use postrider_domain::{EventId, SubmissionOutcome};
use serde::Serialize;

use super::body::{Publication, Sent};
use super::idempotency::Keys;
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Caller, Json, JsonBody};

#[derive(Serialize)]
pub(super) struct Published {
    /// In the order of the request.
    events: Vec<PublishedEvent>,
}

#[derive(Serialize)]
struct PublishedEvent {
    id: EventId,
    /// Whether it had been accepted before, so that nothing happened this time.
    duplicate: bool,
}

/// Accepts one event or several, all or none. They are durable when this answers.
pub(super) async fn publish(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<(StatusCode, Json<Published>), ApiError> {
    if !caller.may_publish() {
        return Err(ApiError::new(Code::Forbidden)
            .detail("events are published with an API key, or by an administrator"));
    }
    let keys = Keys::of_request(caller.user.id, &headers, &body.0)?;
    let submission = Publication {
        filters: &app.filters,
        max_event_bytes: app.config.max_event_bytes,
        keys: &keys,
        now: app.clock.now(),
        ids: &app.ids,
    }
    .read(&Sent::parse(&body)?)?;

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
