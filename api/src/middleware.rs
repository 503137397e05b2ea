//! What surrounds every request: an id, a span, headers of the answer, a bound on time, a net for
//! panics, and the guard.

pub(crate) mod cookie;
pub(crate) mod guard;
pub(crate) mod same_origin;

use std::any::Any;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue};
use postrider_domain::Ids;
use tower_http::request_id::{MakeRequestId, RequestId};
use tracing::{Span, field, info_span};

use crate::App;
use crate::error::{ApiError, Code};

/// The header that carries the id of a request, in and out.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives requests an id.
#[derive(Clone)]
pub(crate) struct RequestIds(pub(crate) Ids);

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &http::Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(hex::encode(self.0.random::<12>())).ok().map(RequestId::new)
    }
}

/// Drops a request id that a client gave and that has no place in a log line.
pub(crate) async fn drop_unfit_request_id(mut request: Request, next: Next) -> Response {
    let fit = |value: &HeaderValue| {
        (1..=128).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    if request.headers().get(&REQUEST_ID).is_some_and(|value| !fit(value)) {
        request.headers_mut().remove(&REQUEST_ID);
    }
    next.run(request).await
}

/// The span of a request. It names the route, not the path: ids in paths belong to handlers' fields.
pub(crate) fn span<B>(request: &http::Request<B>) -> Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>();
    info_span!(
        "api.request",
        http.method = request.method().as_str(),
        http.route = route,
        request.id = id.and_then(|id| id.header_value().to_str().ok()),
        user.id = field::Empty,
    )
}

/// Gives a request up that takes too long.
pub(crate) async fn time_out(State(app): State<App>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(app.config.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(Code::TimedOut)
            .detail("whether the request took effect is unknown")
            .into_response(),
    }
}

/// What a handler that panicked answers.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<&'static str>()
        .map(|&message| message.to_owned())
        .or_else(|| panic.downcast::<String>().ok().map(|message| *message))
        .unwrap_or_else(|| "no message".to_owned());
    ApiError::new(Code::Internal).because(format!("a handler panicked: {message}")).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::StatusCode;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_error_whose_message_stays_inside() {
        let handler = async || -> &'static str { panic!("the secret is {}", "s3cr3t") };
        let router =
            Router::new().route("/", get(handler)).layer(CatchPanicLayer::custom(panicked));
        let request = http::Request::builder().uri("/").body(Body::empty());
        let response = router.oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let error = response.extensions().get::<Arc<ApiError>>().unwrap();
        assert_eq!((error.code, &error.detail), (Code::Internal, &None));
    }
}
