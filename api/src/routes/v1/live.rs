//! `/api/v1/live`: what happens, as it happens.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue};
use utoipa::{OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::message::LiveMessage;
use self::stream::stream_of;
use crate::App;
use crate::error::ApiError;
use crate::extract::Caller;

mod message;
mod stream;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Messages::openapi()).routes(routes!(stream))
}

/// What is inside of the events of the stream, which the document has no other place for.
#[derive(OpenApi)]
#[openapi(components(schemas(LiveMessage)))]
struct Messages;

/// An event of the stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is only described")]
struct LiveStreamEvent {
    /// The name of the only member of a `LiveMessage`.
    event: String,
    /// The value of that member, as JSON.
    data: String,
}

/// Where the stream is.
pub(crate) const PATH: &str = "/api/v1/live";

/// Tells proxies of a kind not to gather what is to arrive at once.
const NOT_BUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// Streams what happens, as server-sent events.
///
/// The name of an event is the only member of a `LiveMessage`, and its data is the value of that member:
/// `attempt` for each attempt on a registration that the caller sees; `event` for each accepted event and
/// `overview` every five seconds, both for administrators; `many` in place of a second's single ones
/// when there are too many; `signed-out` when what the caller proved themselves with has ended, after
/// which the stream ends, too. A comment comes first, and every fifteen seconds when
/// there is nothing to tell.
///
/// It tells what is news by about a second, and some of it may be missed: it is for looking again
/// sooner, not for keeping count. A user has 6 streams at the most, and all users of a process 200. It
/// does not keep a session from ending.
#[utoipa::path(
    get, path = "/api/v1/live", tag = "activity", operation_id = "streamLive",
    responses(
        (status = 200, description = "The stream.", body = LiveStreamEvent,
            content_type = "text/event-stream"),
        (status = 429, description = "`too_many_streams`: others have to end first."),
    ),
)]
async fn stream(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    let listener = app.live.listen(caller.user.id).await?;
    Ok(([NOT_BUFFERED], stream_of(app, caller, listener)).into_response())
}
