//! What goes wrong with a request, before it is put in the words of a dialect.
//!
//! A handler's [`ApiError`] becomes an answer with the right status and headers, no body, and the
//! error itself attached. The middleware in `render` knows the dialect and the request's id, logs
//! the error if it is ours, and writes the body. So an extractor, a handler and a layer can fail the
//! same way whatever dialect is spoken.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use postrider_domain::ports::{BoxError, StoreError};
use serde::Serialize;

mod conversions;
pub(crate) mod problem;
pub(crate) mod render;
mod violations;

pub(crate) use self::violations::Violations;

/// What kind of error it is, with a name that clients can rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The body is not JSON.
    MalformedJson,
    /// A query parameter is unknown or has no such value.
    InvalidQuery,
    /// A header cannot be used.
    InvalidHeader,
    /// No token, or not a good one.
    Unauthenticated,
    /// Name or password is wrong, or the user is switched off.
    InvalidCredentials,
    /// The caller may not do this.
    Forbidden,
    /// A page of another site sent the request with the cookie of its visitor.
    CrossSite,
    /// The password that was given as the present one is another.
    WrongPassword,
    /// It is not there, or not visible to the caller.
    NotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// The key was used before for something else.
    IdempotencyConflict,
    /// Somebody else changed it in the meantime.
    ConcurrentUpdate,
    /// The name is taken.
    NameTaken,
    /// The id is taken.
    IdTaken,
    /// Something else refers to it.
    InUse,
    /// Resources of this kind do not run.
    NotExecutable,
    /// The owner has as many registrations as one may have.
    RegistrationLimit,
    /// It is on its way, or worked on, anyway.
    NotSettled,
    /// What would be sent was removed, or is no longer kept.
    NothingToSend,
    /// There is nowhere to send it any more.
    RegistrationDeleted,
    /// The replay has ended.
    NotRunning,
    /// An administrator can neither switch themselves off nor delete themselves.
    OwnAccount,
    /// Nobody would be left who can manage anything.
    LastAdministrator,
    /// It comes with the product, and stays as it is.
    BuiltIn,
    /// It is another version than the one that the request was meant for.
    PreconditionFailed,
    /// The body is too large.
    TooLarge,
    /// The body is not of a media type that is read here.
    UnsupportedMediaType,
    /// The body is JSON, but says something that cannot be.
    ValidationFailed,
    /// Too many guesses, or tests.
    TooManyAttempts,
    /// As many listen already as may.
    TooManyStreams,
    /// A bug, or a broken record.
    Internal,
    /// The store is away for the moment.
    Unavailable,
    /// The database does not have this version's schema of the inbox.
    InboxNotMigrated,
    /// The request took too long.
    TimedOut,
}

impl Code {
    /// Status, name and title.
    pub(crate) const fn describe(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::MalformedJson => (StatusCode::BAD_REQUEST, "malformed_json", "Malformed JSON"),
            Self::InvalidQuery => (StatusCode::BAD_REQUEST, "invalid_query", "Invalid query"),
            Self::InvalidHeader => (StatusCode::BAD_REQUEST, "invalid_header", "Invalid header"),
            Self::Unauthenticated => {
                (StatusCode::UNAUTHORIZED, "unauthenticated", "Authentication required")
            }
            Self::InvalidCredentials => {
                (StatusCode::UNAUTHORIZED, "invalid_credentials", "Wrong name or password")
            }
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site", "From another site"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::WrongPassword => (StatusCode::FORBIDDEN, "wrong_password", "Wrong password"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed")
            }
            Self::IdempotencyConflict => {
                (StatusCode::CONFLICT, "idempotency_conflict", "Key used for other content")
            }
            Self::ConcurrentUpdate => {
                (StatusCode::CONFLICT, "concurrent_update", "Changed in the meantime")
            }
            Self::NameTaken => (StatusCode::CONFLICT, "name_taken", "Name taken"),
            Self::IdTaken => (StatusCode::CONFLICT, "id_taken", "Id taken"),
            Self::InUse => (StatusCode::CONFLICT, "in_use", "In use"),
            Self::NotExecutable => (StatusCode::CONFLICT, "not_executable", "Cannot be executed"),
            Self::RegistrationLimit => {
                (StatusCode::CONFLICT, "registration_limit", "Too many registrations")
            }
            Self::NotSettled => (StatusCode::CONFLICT, "not_settled", "Under way"),
            Self::NothingToSend => (StatusCode::CONFLICT, "nothing_to_send", "Nothing to send"),
            Self::RegistrationDeleted => {
                (StatusCode::CONFLICT, "registration_deleted", "Registration was deleted")
            }
            Self::NotRunning => (StatusCode::CONFLICT, "not_running", "Replay has ended"),
            Self::OwnAccount => (StatusCode::CONFLICT, "own_account", "Own account"),
            Self::LastAdministrator => {
                (StatusCode::CONFLICT, "last_administrator", "Last administrator")
            }
            Self::BuiltIn => (StatusCode::CONFLICT, "built_in", "Built in"),
            Self::PreconditionFailed => {
                (StatusCode::PRECONDITION_FAILED, "precondition_failed", "Another version")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large"),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Unsupported media type",
            ),
            Self::ValidationFailed => {
                (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed", "Validation failed")
            }
            Self::TooManyAttempts => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts")
            }
            Self::TooManyStreams => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_streams", "Too many streams")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable")
            }
            Self::InboxNotMigrated => {
                (StatusCode::SERVICE_UNAVAILABLE, "inbox_not_migrated", "Inbox without its schema")
            }
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "timed_out", "Took too long"),
        }
    }
}

/// One mistake in a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Violation {
    /// Where it is, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[error("{}", .code.describe().2)]
pub struct ApiError {
    pub(crate) code: Code,
    /// For the client; never what went wrong inside.
    pub(crate) detail: Option<Cow<'static, str>>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) retry_after: Option<Duration>,
    /// For the log.
    source: Option<BoxError>,
}

impl ApiError {
    /// How soon a client may try again when something is away for the moment.
    const RETRY_AFTER: Duration = Duration::from_secs(2);

    /// An error without further words.
    pub fn new(code: Code) -> Self {
        let passes = matches!(code, Code::Unavailable | Code::InboxNotMigrated | Code::TimedOut);
        let retry_after = passes.then_some(Self::RETRY_AFTER);
        Self { code, detail: None, violations: Vec::new(), retry_after, source: None }
    }

    /// Says more to the client.
    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn because(self, source: impl Into<BoxError>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// Says when to try again.
    #[must_use]
    pub(crate) fn retry_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    /// What the caller asked for is not there, or not visible to them.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// Mistakes in the body.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        Self { violations, ..Self::new(Code::ValidationFailed) }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.code.describe().0
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        let headers = response.headers_mut();
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Whole seconds, rounded up: who comes back after them is not too early.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = if error.is_transient() { Code::Unavailable } else { Code::Internal };
        Self::new(code).because(error)
    }
}
