use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_path_to_error::{Path, Segment};

use crate::error::{ApiError, Code, Violation};

/// A JSON body: read with every mistake named, or written.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        JsonBody::from_request(request, state).await?.parse().map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The bytes of a body that claims to be JSON, for what borrows from them.
pub(crate) struct JsonBody(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new(Code::UnsupportedMediaType)
                .detail("the body must be sent as `application/json`"));
        }
        read_body(request, state).await.map(Self)
    }
}

impl JsonBody {
    pub(crate) fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ApiError> {
        serde_json::from_slice(&self.0).map_err(|error| self.explain::<T>(&error))
    }

    /// Says what is wrong and where. Only a body that failed is read a second time, with the place
    /// tracked: that takes longer.
    fn explain<'a, T: Deserialize<'a>>(&'a self, error: &serde_json::Error) -> ApiError {
        if !error.is_data() {
            return ApiError::new(Code::MalformedJson).detail(error.to_string());
        }
        let mut reader = serde_json::Deserializer::from_slice(&self.0);
        let pointer = serde_path_to_error::deserialize::<_, T>(&mut reader)
            .err()
            .map(|error| pointer(error.path()))
            .unwrap_or_default();
        ApiError::invalid(vec![Violation { pointer, detail: error.to_string() }])
    }
}

/// Reads the whole body, up to the limit that the router sets.
pub(crate) async fn read_body<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == Code::TooLarge.describe().0 {
            return ApiError::new(Code::TooLarge).detail("the body is larger than is read here");
        }
        // The connection broke, or the body was not framed as it should be.
        ApiError::new(Code::MalformedJson).detail("the body could not be read to its end")
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        let name = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                name.replace('~', "~0").replace('/', "~1")
            }
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&name);
    }
    pointer
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what cannot be read matters here")]
    struct Outer {
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what cannot be read matters here")]
    struct Inner {
        #[serde(rename = "a/b")]
        number: u32,
    }

    #[test]
    fn a_wrong_type_is_found_by_its_pointer() {
        let body = JsonBody(Bytes::from_static(br#"{"list":[{"a/b":1},{"a/b":"x"}]}"#));
        let error = body.parse::<Outer>().unwrap_err();
        assert_eq!(error.code, Code::ValidationFailed);
        assert_eq!(error.violations[0].pointer, "/list/1/a~1b");
    }

    #[test]
    fn what_is_not_json_is_found_by_its_position() {
        let body = JsonBody(Bytes::from_static(b"{\"list\":\n[}"));
        let error = body.parse::<Outer>().unwrap_err();
        assert_eq!(error.code, Code::MalformedJson);
        assert!(error.detail.unwrap().contains("line 2 column 2"));
    }

    #[test]
    fn parameters_and_suffixes_of_the_media_type_are_understood() {
        for (value, expected) in [
            ("application/json; charset=utf-8", true),
            ("Application/JSON", true),
            ("application/merge-patch+json", true),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
