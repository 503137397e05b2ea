//! Errors as RFC 9457 has them: `application/problem+json`.

use axum::body::Body;
use http::HeaderValue;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, Violation};

pub(crate) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// What went wrong with a request (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Problem<'a> {
    r#type: &'static str,
    /// What went wrong, in a few words.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What clients decide by.
    #[schema(pattern = "^[a-z_]+$")]
    code: &'static str,
    /// More about it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<&'a str>,
    /// The mistakes in the body.
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    errors: &'a [Violation],
    /// The id of the request, as in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<&'a str>,
}

pub(crate) fn body(error: &ApiError, request_id: Option<&str>) -> Body {
    let (status, code, title) = error.code.describe();
    let problem = Problem {
        r#type: "about:blank",
        title,
        status: status.as_u16(),
        code,
        detail: error.detail.as_deref(),
        errors: &error.violations,
        request_id,
    };
    Body::from(serde_json::to_vec(&problem).expect("a problem is made of plain JSON values"))
}
