//! Requests that are refused: with the statuses and the texts of the ASP.NET library, which its
//! users' tools know.

use http::StatusCode;
use serde_json::json;

use crate::Answer;
use crate::answer;

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
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::UnknownReceiver => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unconfigured => StatusCode::INTERNAL_SERVER_ERROR,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
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
    /// A refusal with the status that belongs to `kind`.
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), answer: None }
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
                answer::json(kind.status(), &json!({ "Message": message }))
            }
        }
    }
}
