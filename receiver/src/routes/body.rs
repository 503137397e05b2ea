//! Bodies of requests, before anything is known of who sends them: bounded each and all together, in
//! bytes and in time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::HttpSettings;
use crate::{Answer, answer};

/// What room is counted in: a semaphore has too few permits for bytes.
const UNIT: usize = 1024;

/// The longest piece that is copied out of the buffer of its connection.
const COPIED: usize = 32 * 1024;

/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(1);

/// The room for bodies.
pub(super) struct Bodies {
    max: usize,
    timeout: Duration,
    room: Arc<Semaphore>,
}

/// A body, and the room that it takes for as long as it is kept.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    pub(super) room: Room,
}

/// The room that a body takes; one without a body takes none.
pub(super) type Room = Option<OwnedSemaphorePermit>;

impl Bodies {
    pub(super) fn new(settings: &HttpSettings) -> Self {
        // One body fits in any case.
        let budget = settings.body_budget.max(settings.max_body_bytes);
        let units = budget.div_ceil(UNIT).min(Semaphore::MAX_PERMITS);
        Self {
            max: settings.max_body_bytes,
            timeout: settings.body_timeout,
            room: Arc::new(Semaphore::new(units)),
        }
    }

    /// Reads a body of up to `most` bytes.
    ///
    /// # Errors
    /// What is answered when it is too large (`413`), too slow (`408`), broken (`400`), or when there
    /// is no room for it now (`503`).
    pub(super) async fn read(&self, body: Body, most: usize) -> Result<Read, Answer> {
        let most = most.min(self.max);
        // What says that it is too large is not even begun.
        if body.size_hint().lower() > most as u64 {
            return Err(too_large(most));
        }
        match timeout(self.timeout, self.collect(body, most)).await {
            Ok(read) => read,
            Err(_) => {
                Err(told(StatusCode::REQUEST_TIMEOUT, "The request took too long to arrive."))
            }
        }
    }

    /// Room is taken for what has arrived: what is only announced must keep nobody else out.
    async fn collect(&self, mut body: Body, most: usize) -> Result<Read, Answer> {
        let mut read = Read { bytes: Bytes::new(), room: None };
        let mut more = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                told(StatusCode::BAD_REQUEST, "The request was not read to its end.")
            })?;
            let Ok(chunk) = frame.into_data() else { continue };
            let length = read.bytes.len() + more.len() + chunk.len();
            if length > most {
                return Err(too_large(most));
            }
            self.make_room(&mut read.room, length).await?;
            // Nearly every body comes in one piece. A small one is copied: it would keep the whole
            // buffer of its connection, which then needs another one for its next request.
            if read.bytes.is_empty() {
                read.bytes =
                    if chunk.len() <= COPIED { Bytes::copy_from_slice(&chunk) } else { chunk };
            } else {
                more.extend_from_slice(&chunk);
            }
        }
        if !more.is_empty() {
            read.bytes = [&read.bytes[..], &more].concat().into();
        }
        Ok(read)
    }

    async fn make_room(&self, room: &mut Room, bytes: usize) -> Result<(), Answer> {
        let has = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let lacks = bytes.div_ceil(UNIT).saturating_sub(has);
        if lacks == 0 {
            return Ok(());
        }
        let lacks = u32::try_from(lacks).unwrap_or(u32::MAX);
        let taken = timeout(PATIENCE, Arc::clone(&self.room).acquire_many_owned(lacks)).await;
        let Ok(Ok(taken)) = taken else { return Err(no_room()) };
        match room {
            Some(room) => room.merge(taken),
            None => *room = Some(taken),
        }
        Ok(())
    }
}

fn no_room() -> Answer {
    let message = "There is no room for the request at the moment.";
    let mut answer = told(StatusCode::SERVICE_UNAVAILABLE, message);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

fn too_large(most: usize) -> Answer {
    let message = format!("The request is larger than {most} bytes.");
    told(StatusCode::PAYLOAD_TOO_LARGE, &message)
}

fn told(status: StatusCode, message: &str) -> Answer {
    answer::json(status, &json!({ "Message": message }))
}
