//! Errors as RFC 9457 has them: `application/problem+json`.

use axum::body::Body;
use http::HeaderValue;
use serde::Serialize;

use super::{ApiError, Violation};

pub(crate) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The body of a problem.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    /// What clients decide by.
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Violation]>::is_empty")]
    errors: &'a [Violation],
    #[serde(skip_serializing_if = "Option::is_none")]
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
