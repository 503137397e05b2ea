//! Answers to providers.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};

/// What a provider is answered.
pub type Answer = Response<Bytes>;

/// An answer without a body.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer
}

/// `200` with a text that browsers must not take for anything else: what a provider wants echoed is
/// whatever somebody put into a URL.
pub fn echo(text: impl Into<String>) -> Answer {
    let mut answer = of_type(StatusCode::OK, "text/plain; charset=utf-8", text.into());
    answer.headers_mut().insert(NOSNIFF.0, NOSNIFF.1);
    answer
}

/// Dropbox asks for it, and it does no harm elsewhere.
const NOSNIFF: (HeaderName, HeaderValue) =
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

/// An answer with a JSON body.
pub fn json(status: StatusCode, body: &serde_json::Value) -> Answer {
    of_type(status, "application/json; charset=utf-8", body.to_string())
}

/// An answer with an XML body.
pub fn xml(status: StatusCode, body: impl Into<String>) -> Answer {
    of_type(status, "application/xml; charset=utf-8", body.into())
}

fn of_type(status: StatusCode, content_type: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Bytes::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
