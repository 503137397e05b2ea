//! The answer to a request.

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::socket::Established;
use crate::{SendError, Timings};

/// The answer to a request; its body is still on its way.
pub struct Response {
    answer: http::Response<Incoming>,
    connection: Option<Established>,
    deadline: Instant,
    timings: Timings,
}

impl Response {
    pub(crate) fn new(
        answer: http::Response<Incoming>,
        connection: Option<Established>,
        deadline: Instant,
        timings: Timings,
    ) -> Self {
        Self { answer, connection, deadline, timings }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    /// The headers, 100 at the most.
    pub fn headers(&self) -> &HeaderMap {
        self.answer.headers()
    }

    /// How long it took up to the head of the answer.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// The next piece of the body, as it was sent (nothing is decompressed); `None` at its end. The
    /// request's time-out goes on counting. Dropping the response breaks off what is not yet read.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, SendError> {
        loop {
            // A body that always has more to give would never meet the timer.
            if Instant::now() >= self.deadline {
                return Err(SendError::out_of_time(self.timings));
            }
            let frame = timeout_at(self.deadline, self.answer.body_mut().frame())
                .await
                .map_err(|_| SendError::out_of_time(self.timings))?
                .transpose()
                .map_err(|error| {
                    SendError::of_http(&error, self.connection.as_ref(), self.timings)
                })?;
            match frame.map(hyper::body::Frame::into_data) {
                None => return Ok(None),
                Some(Ok(data)) => return Ok(Some(data)),
                // What follows the body is of no use to anybody.
                Some(Err(_trailers)) => {}
            }
        }
    }
}
