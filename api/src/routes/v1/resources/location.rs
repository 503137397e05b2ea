use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use postrider_domain::{CatalogueEntry, FilterName};

use super::PATH;
use crate::App;
use crate::error::ApiError;

/// Kind and id of a resource in a path. The id is any text, percent-encoded.
pub(super) struct ResourcePath {
    kind: FilterName,
    id: String,
}

impl ResourcePath {
    /// The kind as it is registered, and the id. A kind whose filter is deleted is still one that
    /// resources may have.
    pub(super) async fn resolve(self, app: &App) -> Result<(FilterName, String), ApiError> {
        let kind = app.filters.resolve(self.kind.as_str()).await?.unwrap_or(self.kind);
        Ok((kind, self.id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ResourcePath {
    type Rejection = ApiError;

    /// What cannot be a resource is not found.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((kind, id)) = path.map_err(|_| ApiError::not_found())?;
        let kind = kind.parse().map_err(|_| ApiError::not_found())?;
        if id.contains('\0') {
            return Err(ApiError::not_found());
        }
        Ok(Self { kind, id })
    }
}

/// The path of a resource.
pub(super) fn of(entry: &CatalogueEntry) -> String {
    format!("{PATH}/{}/{}", entry.kind, encode(&entry.id))
}

/// Percent-encodes a segment of a path (RFC 3986, section 2.3).
fn encode(segment: &str) -> String {
    use std::fmt::Write;

    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to memory cannot fail");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_has_a_meaning_in_a_path_is_encoded() {
        assert_eq!(encode("Q3-2026_v1.~"), "Q3-2026_v1.~");
        assert_eq!(encode("a/b?c#d%e f+ü"), "a%2Fb%3Fc%23d%25e%20f%2B%C3%BC");
    }
}
