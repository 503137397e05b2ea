//! Answers as the framework announces them: JSON with its charset.

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE as CONTENT_TYPE_HEADER;
use serde::Serialize;

use super::error::CONTENT_TYPE;
use crate::extract::Json;

/// A body that is written as JSON.
pub(super) struct AspnetJson<T>(pub(super) T);

impl<T: Serialize> IntoResponse for AspnetJson<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.0).into_response();
        response.headers_mut().insert(CONTENT_TYPE_HEADER, CONTENT_TYPE);
        response
    }
}
