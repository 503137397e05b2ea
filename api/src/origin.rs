//! Where a request came from, for the handlers.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{Extensions, HeaderMap, Uri};
use postrider_runtime::RequestOrigin;

use crate::App;

/// Where a request came from, by this api's settings.
pub(crate) fn origin_of(
    app: &App,
    extensions: &Extensions,
    headers: &HeaderMap,
    uri: &Uri,
) -> RequestOrigin {
    let config = &app.config;
    let (public_url, proxies) = (config.public_url.as_ref(), &config.trusted_proxies);
    RequestOrigin::of(public_url, proxies, extensions, headers, uri)
}

impl FromRequestParts<App> for RequestOrigin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(origin_of(app, &parts.extensions, &parts.headers, &parts.uri))
    }
}
