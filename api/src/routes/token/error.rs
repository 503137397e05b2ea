//! Errors as RFC 6749 has them (section 5.2).

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{self, CACHE_CONTROL, PRAGMA, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::error::{ApiError, seconds};
use crate::sign_in::SignInError;

pub(crate) const CONTENT_TYPE: HeaderValue =
    HeaderValue::from_static("application/json;charset=UTF-8");

/// Why no token was given.
#[derive(Debug)]
pub(super) enum TokenError {
    /// The form is not one; says what is wrong with it.
    InvalidRequest(&'static str),
    /// Another grant than that of a password.
    UnsupportedGrantType,
    /// Name or password is wrong, or the user is switched off. Which one is nobody's business.
    InvalidGrant,
    /// Too many attempts.
    SlowDown(Duration),
    /// What can happen to any request.
    Other(ApiError),
}

impl From<ApiError> for TokenError {
    fn from(error: ApiError) -> Self {
        Self::Other(error)
    }
}

impl From<SignInError> for TokenError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::InvalidGrant,
            SignInError::SlowDown(wait) => Self::SlowDown(wait),
            SignInError::Failed(error) => Self::Other(error),
        }
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'static str,
    error_description: &'a str,
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, error, description, wait) = match self {
            Self::InvalidRequest(what) => (StatusCode::BAD_REQUEST, "invalid_request", what, None),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "only the grant type `password` is supported",
                None,
            ),
            Self::InvalidGrant => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "The user name or password is incorrect.",
                None,
            ),
            Self::SlowDown(wait) => (
                StatusCode::TOO_MANY_REQUESTS,
                "slow_down",
                "too many attempts to log in",
                Some(wait),
            ),
            Self::Other(error) => return error.into_response(),
        };
        let headers = [
            (header::CONTENT_TYPE, CONTENT_TYPE),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (PRAGMA, HeaderValue::from_static("no-cache")),
        ];
        let mut response = (status, headers, write(error, description)).into_response();
        if let Some(wait) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds(wait)));
        }
        response
    }
}

/// Errors that any request can have, in the same form.
pub(crate) fn body(error: &ApiError) -> Body {
    let name = if error.status().is_server_error() { "server_error" } else { "invalid_request" };
    let (_, _, title) = error.code.describe();
    write(name, error.detail.as_deref().unwrap_or(title))
}

fn write(error: &'static str, error_description: &str) -> Body {
    let body = ErrorBody { error, error_description };
    Body::from(serde_json::to_vec(&body).expect("two texts can be written as JSON"))
}
