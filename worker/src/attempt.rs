//! One attempt: the request, and as much of the answer as is read.
//!
//! The client's time-out spans everything from the name to the last byte of the body, and the body
//! is read up to a limit, so a receiver can neither hold a slot by dripping bytes nor fill memory by
//! sending many.

use std::time::{Duration, Instant};

use http::HeaderMap;
use postrider_domain::{AttemptOutcome, Clock, FailureCause, ResponseHead, SentRequest, Timings};
use postrider_egress::{GuardedClient, Response, SendError, retry_after};
use postrider_wire::request::Request;

/// Why an attempt failed without an answer.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) cause: FailureCause,
    /// In words, for people. Holds no URL and no secret.
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(cause: FailureCause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }
}

/// What came of an attempt.
pub(crate) struct Exchange {
    pub(crate) outcome: AttemptOutcome,
    /// What was sent, if it got that far.
    pub(crate) request: Option<SentRequest>,
    pub(crate) response: Option<ResponseHead>,
    /// What the receiver asks for, if it does.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) timings: Timings,
    pub(crate) duration: Duration,
}

impl Exchange {
    /// An attempt that ended before its request was made.
    pub(crate) fn not_made(failure: Failure, duration: Duration) -> Self {
        let Failure { cause, detail } = failure;
        Self {
            outcome: AttemptOutcome::Failed { cause, status: None, detail: Some(detail) },
            request: None,
            response: None,
            retry_after: None,
            timings: Timings::default(),
            duration,
        }
    }
}

/// Posts a request and reads its answer. The attempt began at `begun`.
pub(crate) async fn post(
    client: &GuardedClient,
    request: Request,
    max_response_bytes: usize,
    begun: Instant,
    clock: &dyn Clock,
) -> Exchange {
    let sent = Some(request.as_sent());
    match client.post(request.url, request.headers, request.body).await {
        Err(error) => Exchange {
            timings: phases(error.timings),
            outcome: failed(error, None),
            request: sent,
            response: None,
            retry_after: None,
            duration: begun.elapsed(),
        },
        Ok(mut response) => {
            let timings = phases(response.timings());
            let (status, retry_after) =
                (response.status(), retry_after(response.headers(), clock.now()));
            let headers = kept_headers(response.headers());
            let (outcome, body) = read(&mut response, status, max_response_bytes).await;
            Exchange {
                outcome,
                request: sent,
                response: Some(ResponseHead { headers, body }),
                retry_after,
                timings,
                duration: begun.elapsed(),
            }
        }
    }
}

fn phases(timings: postrider_egress::Timings) -> Timings {
    let postrider_egress::Timings { dns, connect, tls, first_byte, .. } = timings;
    Timings { dns, connect, tls, first_byte }
}

/// Reads the body to its end or to the limit; returns the outcome and the bytes to keep.
async fn read(
    response: &mut Response,
    status: u16,
    max_response_bytes: usize,
) -> (AttemptOutcome, Vec<u8>) {
    let mut kept = Vec::new();
    let mut total = 0;
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = ResponseHead::MAX_BODY - kept.len();
                kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
                total += chunk.len();
                if total > max_response_bytes {
                    return (too_large(status, max_response_bytes), kept);
                }
            }
            Ok(None) => return (answered(status), kept),
            Err(error) => return (failed(error, Some(status)), kept),
        }
    }
}

/// The outcome of an answer that is there in full.
fn answered(status: u16) -> AttemptOutcome {
    if (200..300).contains(&status) {
        AttemptOutcome::Succeeded { status }
    } else {
        AttemptOutcome::Failed {
            cause: FailureCause::HttpStatus,
            status: Some(status),
            detail: None,
        }
    }
}

fn too_large(status: u16, limit: usize) -> AttemptOutcome {
    AttemptOutcome::Failed {
        cause: FailureCause::TooLarge,
        status: Some(status),
        detail: Some(format!("the answer's body is longer than {limit} bytes")),
    }
}

fn failed(error: SendError, status: Option<u16>) -> AttemptOutcome {
    AttemptOutcome::Failed { cause: error.cause, status, detail: Some(error.detail) }
}

/// As many headers as fit the limit, in their order.
fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room = ResponseHead::MAX_HEADERS;
    let mut kept = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let Some(left) = room.checked_sub(name.as_str().len() + value.len()) else { break };
        room = left;
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        kept.push((name.as_str().to_owned(), value));
    }
    kept
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::{CONTENT_TYPE, SERVER};

    use super::*;

    #[test]
    fn only_2xx_is_a_success() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(answered(status), AttemptOutcome::Succeeded { status });
        }
        for status in [100, 199, 300, 301, 304, 400, 404, 410, 429, 500, 503, 599] {
            assert_eq!(answered(status).cause(), Some(FailureCause::HttpStatus), "{status}");
        }
    }

    #[test]
    fn headers_are_kept_as_far_as_they_fit_and_whatever_bytes_they_have() {
        let mut headers = HeaderMap::new();
        headers.insert(SERVER, HeaderValue::from_bytes(b"caf\xe9").unwrap());
        headers.insert(CONTENT_TYPE, "x".repeat(ResponseHead::MAX_HEADERS).parse().unwrap());
        assert_eq!(kept_headers(&headers), [("server".to_owned(), "caf\u{fffd}".to_owned())]);
    }
}
