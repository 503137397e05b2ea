//! Bodies of requests, before anything is known of who sends them: bounded each and all together, in
//! bytes and in time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::HttpSettings;
use crate::{Answer, answer};

/// What room is counted in: a semaphore has too few permits for bytes.
const UNIT: usize = 1024;

/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(1);

/// The room for bodies.
pub(super) struct Bodies {
    max: usize,
    timeout: Duration,
    room: Arc<Semaphore>,
}

/// The room that a body has, for as long as it is kept.
pub(super) type Room = OwnedSemaphorePermit;

impl Bodies {
    pub(super) fn new(settings: &HttpSettings) -> Self {
        // One body fits in any case.
        let budget = settings.body_budget.max(settings.max_body_bytes);
        let units = units(budget).min(Semaphore::MAX_PERMITS);
        Self {
            max: settings.max_body_bytes,
            timeout: settings.body_timeout,
            room: Arc::new(Semaphore::new(units)),
        }
    }

    /// Reads a body.
    ///
    /// # Errors
    /// What is answered when it is too large (`413`), too slow (`408`), broken (`400`), or when there
    /// is no room for it now (`503`).
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(Bytes, Room), Answer> {
        // One that does not say how long it is may be as long as any.
        let length = length_of(headers, &body).unwrap_or(self.max);
        if length > self.max {
            return Err(self.too_large());
        }
        let room = self.take_room(length).await?;
        let read = timeout(self.timeout, to_bytes(body, self.max)).await;
        let Ok(read) = read else {
            return Err(told(StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive."));
        };
        match read {
            Ok(bytes) => Ok((bytes, room)),
            Err(error) if is_length(&error) => Err(self.too_large()),
            Err(_) => Err(told(StatusCode::BAD_REQUEST, "The request was not read to its end.")),
        }
    }

    async fn take_room(&self, length: usize) -> Result<Room, Answer> {
        let units = u32::try_from(units(length)).unwrap_or(u32::MAX);
        let taken = timeout(PATIENCE, Arc::clone(&self.room).acquire_many_owned(units)).await;
        if let Ok(Ok(room)) = taken {
            return Ok(room);
        }
        let message = "There is no room for the request at the moment.";
        let mut answer = told(StatusCode::SERVICE_UNAVAILABLE, message);
        let seconds = http::HeaderValue::from_static("1");
        answer.headers_mut().insert(header::RETRY_AFTER, seconds);
        Err(answer)
    }

    fn too_large(&self) -> Answer {
        let message = format!("The request is larger than {} bytes.", self.max);
        told(StatusCode::PAYLOAD_TOO_LARGE, &message)
    }
}

fn units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT).max(1)
}

/// How long the body is, as far as that is known.
fn length_of(headers: &HeaderMap, body: &Body) -> Option<usize> {
    use axum::body::HttpBody;

    let named = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    named.or_else(|| body.size_hint().exact().and_then(|length| usize::try_from(length).ok()))
}

fn is_length(error: &axum::Error) -> bool {
    use std::error::Error;

    error.source().is_some_and(<dyn Error>::is::<http_body_util::LengthLimitError>)
}

fn told(status: StatusCode, message: &str) -> Answer {
    answer::json(status, &json!({ "Message": message }))
}
