//! The routes of every dialect, and what surrounds them all.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::App;
use crate::cors::cors;
use crate::error::render::render;
use crate::error::{ApiError, Code};
use crate::middleware::guard::{Gate, guard};
use crate::middleware::{REQUEST_ID, RequestIds, drop_unfit_request_id, panicked, span, time_out};
use crate::openapi::{complete, frame, pages as documentation, to_json};
use crate::pages::Pages;

pub(crate) mod aspnet;
pub(crate) mod token;
mod v1;

pub(crate) use self::v1::{EVENT, LIVE_PATH, SESSION_PATH};

/// The OpenAPI document of the api, as it is served.
pub fn openapi() -> String {
    to_json(&declared().1)
}

/// Every route of every dialect, and the document that says so.
fn declared() -> (Router<App>, OpenApi) {
    let declared: OpenApiRouter<App> =
        frame().merge(v1::routes()).merge(aspnet::routes()).merge(token::routes());
    let (router, document) = declared.split_for_parts();
    (router, complete(document))
}

/// The router of `app`, with the management pages unless they are switched off. Served with connection
/// information, it can tell clients' addresses apart.
pub fn router(app: App) -> Router {
    router_with(app, Pages::built_in())
}

/// The same with other pages than those that are built in.
pub fn router_with(app: App, pages: Pages) -> Router {
    let pages = if app.config.pages { pages.routes() } else { Router::new() };
    // From the outside in: the id comes first, since the span and the errors name it; errors are
    // rendered outside of whatever can fail.
    let around = ServiceBuilder::new()
        .layer(from_fn(drop_unfit_request_id))
        .layer(SetRequestIdLayer::new(REQUEST_ID, RequestIds(app.ids.clone())))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(|request: &Request<_>| span(request))
                .on_request(())
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .option_layer(cors(&app.config))
        .layer(SetResponseHeaderLayer::overriding(
            X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        // Answers are about one caller, and some have a secret in them.
        .layer(SetResponseHeaderLayer::if_not_present(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .layer(from_fn_with_state(app.clone(), render))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(DefaultBodyLimit::max(app.config.max_body_bytes));

    let (router, document) = declared();
    // Inside of the guard, so that it learns how whatever it lets through has ended.
    let guarded = ServiceBuilder::new()
        .layer(from_fn_with_state(Gate::new(app.clone(), &document), guard))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), time_out));
    router
        .route_layer(guarded)
        // Whatever an answer has in it, no browser takes it for a page of this origin.
        .route_layer(SetResponseHeaderLayer::overriding(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
        ))
        .merge(documentation(&document))
        .merge(pages)
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::new(Code::MethodNotAllowed))
        .layer(around)
        .with_state(app)
}
