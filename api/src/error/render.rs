//! Writes the bodies of errors, counts every answer, and is where errors of ours are logged.

use postrider_domain::causes;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method};
use tower_http::request_id::RequestId;
use tracing::{debug, error, warn};

use super::{ApiError, Code, problem};
use crate::App;
use crate::metrics::Dialect;
use crate::openapi::dialect_of;
use crate::routes::{aspnet, token};

/// The middleware.
pub(crate) async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let dialect = dialect_of(request.uri().path());
    let method = request.method().clone();
    let request_id = request.extensions().get::<RequestId>().cloned();

    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<Arc<ApiError>>() {
        log(&error);
        let request_id = request_id.as_ref().and_then(|id| id.header_value().to_str().ok());
        let (content_type, body) = put_in_words(dialect, &error, &method, request_id);
        response.headers_mut().remove(CONTENT_LENGTH);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        *response.body_mut() = body;
    }
    app.metrics.answered(dialect, response.status().into(), started.elapsed().as_secs_f64());
    response
}

fn put_in_words(
    dialect: Dialect,
    error: &ApiError,
    method: &Method,
    request_id: Option<&str>,
) -> (HeaderValue, Body) {
    match dialect {
        Dialect::V1 => (problem::CONTENT_TYPE, problem::body(error, request_id)),
        Dialect::Aspnet => (aspnet::error::CONTENT_TYPE, aspnet::error::body(error, method)),
        Dialect::Token => (token::error::CONTENT_TYPE, token::error::body(error)),
    }
}

/// Clients' mistakes are theirs to see; ours are for the log, which names the request in its span.
fn log(error: &ApiError) {
    match error.code {
        Code::Internal => error!(error = %causes(error), "request failed"),
        Code::Unavailable | Code::InboxNotMigrated | Code::TimedOut => {
            warn!(error = %causes(error), "request could not be served");
        }
        _ => debug!(error.code = error.code.describe().1, "request refused"),
    }
}
