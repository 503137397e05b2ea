//! Errors as this dialect has them: `{"Message": …}`, and `ModelState` for what cannot be read.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE as CONTENT_TYPE_HEADER;
use http::{HeaderValue, Method, StatusCode};
use postrider_domain::ports::StoreError;
use serde::Serialize;

use crate::error::{ApiError, Code};
use crate::registrations::RegistrationError;

pub(crate) const CONTENT_TYPE: HeaderValue =
    HeaderValue::from_static("application/json; charset=utf-8");

/// What a client of the library is told when its body cannot be read.
const INVALID_REQUEST: &str = "The request is invalid.";

/// Why a request of this dialect failed.
#[derive(Debug)]
pub(super) enum AspnetError {
    /// There is no body, or it is `null`.
    NoBody,
    /// The body is not JSON, or not an object.
    Unreadable,
    /// A member is missing.
    Required { member: &'static str },
    /// A member has a value of the wrong type.
    WrongType { member: &'static str },
    /// The body has another id than the path.
    OtherId,
    /// It is not there, or not the caller's.
    NotFound,
    /// Somebody else changed it at the same time.
    Conflict,
    /// The registration is refused; says why.
    Refused(String),
    /// What can happen to any request.
    Other(ApiError),
}

impl From<ApiError> for AspnetError {
    fn from(error: ApiError) -> Self {
        Self::Other(error)
    }
}

impl From<StoreError> for AspnetError {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<RegistrationError> for AspnetError {
    fn from(error: RegistrationError) -> Self {
        match error {
            // The library stops at the first problem.
            RegistrationError::Invalid(mut problems) if !problems.is_empty() => {
                Self::Refused(problems.swap_remove(0).1.0)
            }
            RegistrationError::Refused(_, refusal) => Self::Refused(refusal.to_string()),
            RegistrationError::NotVerified(error) => Self::Refused(error.to_string()),
            RegistrationError::Changed => Self::Conflict,
            RegistrationError::LimitReached { .. } => Self::Refused(format!("{error}.")),
            other => Self::Other(other.into()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HttpError<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    model_state: BTreeMap<String, [String; 1]>,
}

impl IntoResponse for AspnetError {
    fn into_response(self) -> Response {
        let invalid = |member: &str, text: String| {
            let model_state = BTreeMap::from([(format!("webHook.{member}"), [text])]);
            bad_request(INVALID_REQUEST, model_state)
        };
        match self {
            Self::NoBody | Self::OtherId => StatusCode::BAD_REQUEST.into_response(),
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::Conflict => StatusCode::CONFLICT.into_response(),
            Self::Unreadable => bad_request(INVALID_REQUEST, BTreeMap::new()),
            Self::Required { member } => {
                invalid(member, format!("The {member} field is required."))
            }
            Self::WrongType { member } => {
                invalid(member, format!("The {member} field has a value of the wrong type."))
            }
            Self::Refused(why) => {
                let message = format!("Could not register WebHook due to error: {why}");
                bad_request(&message, BTreeMap::new())
            }
            Self::Other(error) => error.into_response(),
        }
    }
}

fn bad_request(message: &str, model_state: BTreeMap<String, [String; 1]>) -> Response {
    let headers = [(CONTENT_TYPE_HEADER, CONTENT_TYPE)];
    (StatusCode::BAD_REQUEST, headers, write(message, model_state)).into_response()
}

/// Errors that any request can have, in the words of the framework where it has some.
pub(crate) fn body(error: &ApiError, method: &Method) -> Body {
    let unsupported = format!("The requested resource does not support http method '{method}'.");
    let message = match error.code {
        Code::Unauthenticated => "Authorization has been denied for this request.",
        Code::MethodNotAllowed => &unsupported,
        Code::NotFound => "No HTTP resource was found that matches the request URI.",
        Code::MalformedJson | Code::ValidationFailed => INVALID_REQUEST,
        Code::UnsupportedMediaType => {
            "The request entity's media type is not supported for this resource."
        }
        Code::Internal | Code::Unavailable | Code::TimedOut => "An error has occurred.",
        _ => error.detail.as_deref().unwrap_or(INVALID_REQUEST),
    };
    write(message, BTreeMap::new())
}

fn write(message: &str, model_state: BTreeMap<String, [String; 1]>) -> Body {
    let body = HttpError { message, model_state };
    Body::from(serde_json::to_vec(&body).expect("texts can be written as JSON"))
}
