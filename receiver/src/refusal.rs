//! Requests that are refused: with the statuses and the texts of the ASP.NET library, which its
//! users' tools know.

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use crate::Answer;
use crate::answer;

/// The longest message, in characters. Ours have 230 at the most.
const MAX_MESSAGE: usize = 250;

/// Why a request was refused, for logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// There is no such receiver.
    UnknownReceiver,
    /// Not with this method.
    Method,
    /// Not without TLS.
    Insecure,
    /// There is no usable secret for this URL.
    Unconfigured,
    /// What proves who sent it is missing or malformed.
    Malformed,
    /// It proves nothing: it was made with another secret, or over something else.
    Mismatch,
    /// It was signed too long ago, or in the future.
    Stale,
    /// The body is of another media type.
    MediaType,
    /// The body cannot be read, or lacks something.
    Body,
    /// It could not be found out whether it is genuine, which is no fault of its sender's.
    Unavailable,
}

impl RefusalKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::UnknownReceiver,
        Self::Method,
        Self::Insecure,
        Self::Unconfigured,
        Self::Malformed,
        Self::Mismatch,
        Self::Stale,
        Self::MediaType,
        Self::Body,
        Self::Unavailable,
    ];

    /// The name in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownReceiver => "unknown_receiver",
            Self::Method => "method",
            Self::Insecure => "insecure",
            Self::Unconfigured => "unconfigured",
            Self::Malformed => "malformed",
            Self::Mismatch => "mismatch",
            Self::Stale => "stale",
            Self::MediaType => "media_type",
            Self::Body => "body",
            Self::Unavailable => "unavailable",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::UnknownReceiver => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unconfigured => StatusCode::INTERNAL_SERVER_ERROR,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Insecure | Self::Malformed | Self::Mismatch | Self::Stale | Self::Body => {
                StatusCode::BAD_REQUEST
            }
        }
    }
}

/// A request that was refused before any handler saw it.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Why.
    pub kind: RefusalKind,
    /// Why, in words for whoever sent it. It names no secret.
    pub message: String,
    /// What is answered where it is not the usual `{"Message": …}`.
    answer: Option<Box<Answer>>,
}

impl Refusal {
    /// A refusal with the status that belongs to `kind`. A message is cut where it is longer than any of
    /// ours is by itself: it may quote what a stranger wrote, and it is logged.
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: shortened(message, MAX_MESSAGE), answer: None }
    }

    /// The same refusal, answered in the provider's own way.
    #[must_use]
    pub fn answered(self, answer: Answer) -> Self {
        Self { answer: Some(Box::new(answer)), ..self }
    }

    /// What is answered.
    pub fn into_answer(self) -> Answer {
        match self {
            Self { answer: Some(answer), .. } => *answer,
            // The library answers an unknown name with nothing.
            Self { kind: RefusalKind::UnknownReceiver, .. } => answer::empty(StatusCode::NOT_FOUND),
            Self { kind, message, .. } => {
                let mut answer = answer::json(kind.status(), &json!({ "Message": message }));
                if kind == RefusalKind::Unavailable {
                    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
                }
                answer
            }
        }
    }
}

/// A text of `most` characters, and `…` where more of it is left out.
pub(crate) fn shortened(text: impl Into<String>, most: usize) -> String {
    let mut text = text.into();
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_two_characters() {
        let message = Refusal::new(RefusalKind::Body, "世".repeat(10_000)).message;
        assert_eq!(message, "世".repeat(MAX_MESSAGE) + "…");
        let whole = "世".repeat(MAX_MESSAGE);
        assert_eq!(Refusal::new(RefusalKind::Body, whole.clone()).message, whole);
    }
}
