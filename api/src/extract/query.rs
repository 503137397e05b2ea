use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use postrider_domain::Invalid;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, Code};

/// The query of the URL.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        serde_html_form::from_str(parts.uri.query().unwrap_or_default())
            .map(Self)
            .map_err(|error| ApiError::new(Code::InvalidQuery).detail(error.to_string()))
    }
}

/// Reads a member of a query that the domain has a type for.
pub(crate) fn parsed<T: FromStr<Err = Invalid>>(text: Option<&str>) -> Result<Option<T>, ApiError> {
    text.map(str::parse)
        .transpose()
        .map_err(|invalid: Invalid| ApiError::new(Code::InvalidQuery).detail(invalid.to_string()))
}
