//! Letting pages of other origins call the api, where the configuration asks for it.

use std::time::Duration;

use http::header::{
    AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
};
use http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::ApiConfig;
use crate::middleware::REQUEST_ID;
use crate::routes::EVENT;

/// How long a browser remembers what it was told.
const MAX_AGE: Duration = Duration::from_hours(1);

/// The layer; none when no origin is allowed. Credentials of the browser are never: a page has to have
/// a token.
pub(crate) fn cors(config: &ApiConfig) -> Option<CorsLayer> {
    let origins = &config.cors_origins;
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let layer = CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_MATCH,
            IF_NONE_MATCH,
            HeaderName::from_static("idempotency-key"),
            REQUEST_ID,
        ])
        .expose_headers([ETAG, LOCATION, RETRY_AFTER, REQUEST_ID, EVENT])
        .max_age(MAX_AGE);
    (!origins.is_empty()).then_some(layer)
}
