//! `/api/v1/replays`: sending again what was settled, as jobs that take their time.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use postrider_domain::{BoundedCount, RegistrationId, Replay, ReplayId, ReplayState, causes};
use serde::Deserialize;
use tracing::{info, warn};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::StartReplay;
use self::view::{MatchedView, ReplayView};
use super::registrations::note;
use crate::App;
use crate::audit::AuditNote;
use crate::error::{ApiError, Code};
use crate::etag::{ETag, IfNoneMatch};
use crate::extract::{Caller, Id, Json, Listed, Query, page_request};
use crate::openapi::schema;

mod body;
mod view;

/// Where they are.
const PATH: &str = "/api/v1/replays";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(cancel))
}

/// Sends settled deliveries of a registration again, or only says how many there are.
///
/// It is a job: they become pending the oldest first, no more of them in a second than the pace, each
/// with a full round of attempts ahead and the number of the replay in the header `postrider-replay`.
/// Deliveries that are made after the replay are not among them, and those whose payload was removed or
/// is no longer kept are not, either. Each goes alone, also when it went in a bundle before.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/replays",
    tag = "replays",
    operation_id = "startReplay",
    params(("id" = schema::RegistrationId, Path)),
    request_body(content = StartReplay, example = json!({ "states": ["dead"],
        "reasons": ["exhausted"], "pace": 20, "dryRun": true })),
    responses(
        (status = 200, description = "With `dryRun`: nothing was done.", body = MatchedView),
        (status = 201, description = "It has begun.", body = ReplayView,
            headers(("Location" = String))),
    ),
)]
async fn start(
    State(app): State<App>,
    caller: Caller,
    Id(registration): Id<RegistrationId>,
    Json(body): Json<StartReplay>,
) -> Result<Response, ApiError> {
    let visibility = caller.visibility();
    let found = app.store.find_registration(visibility, registration).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    let dry_run = body.dry_run;
    let (query, pace) = body.check()?;
    let now = app.clock.now();
    let counted = app.store.count_replay(visibility, registration, &query, now).await;
    let matched = match counted {
        // What was asked for is to send, and that needs no count.
        Err(error) if !dry_run => {
            warn!(registration.id = %registration, error = %causes(&error), "nothing was counted");
            BoundedCount { count: 0, more: true }
        }
        counted => counted?.ok_or_else(ApiError::not_found)?,
    };
    let note = AuditNote::of_registration(&caller, found.owner);
    if dry_run {
        return Ok((note, Json(MatchedView::from(matched))).into_response());
    }
    let replay = Replay {
        id: app.ids.next(),
        registration,
        created_by: caller.user.id,
        query,
        pace,
        state: ReplayState::Running,
        matched,
        replayed: 0,
        created_at: now,
        finished_at: None,
    };
    if !app.store.add_replay(visibility, &replay).await? {
        return Err(ApiError::not_found());
    }
    info!(registration.id = %registration, replay.id = %replay.id, "replay started");
    let location = [(LOCATION, format!("{PATH}/{}", replay.id))];
    Ok((StatusCode::CREATED, location, note, Json(ReplayView::from(replay))).into_response())
}

/// Which replays are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those of this registration.
    #[param(value_type = Option<schema::RegistrationId>)]
    registration_id: Option<String>,
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

/// Lists the replays of registrations that the caller may see, the newest first.
#[utoipa::path(
    get, path = "/api/v1/replays", tag = "replays", operation_id = "listReplays",
    params(ListQuery),
    responses((status = 200, body = Listed<ReplayView>)),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<ReplayView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let registration = query.registration_id.map(|id| id.parse::<RegistrationId>()).transpose();
    let registration = registration
        .map_err(|invalid| ApiError::new(Code::InvalidQuery).detail(invalid.to_string()))?;
    let replays = app.store.list_replays(caller.visibility(), registration, page).await?;
    Ok(replays.map(ReplayView::from).into())
}

/// Shows a replay, and how far it is.
#[utoipa::path(
    get, path = "/api/v1/replays/{id}", tag = "replays", operation_id = "getReplay",
    params(("id" = schema::ReplayId, Path), IfNoneMatch),
    responses((status = 200, body = ReplayView)),
)]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ReplayId>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let view = ReplayView::from(find(&app, &caller, id).await?);
    Ok(known.show(ETag::of_content(&view), view))
}

/// Stops a replay. What it has sent on already goes on.
#[utoipa::path(
    post, path = "/api/v1/replays/{id}/cancel", tag = "replays", operation_id = "cancelReplay",
    params(("id" = schema::ReplayId, Path)),
    responses(
        (status = 200, body = ReplayView),
        (status = 409, description = "`not_running`: it has ended."),
    ),
)]
async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<ReplayId>,
) -> Result<(Option<AuditNote>, Json<ReplayView>), ApiError> {
    let replay = find(&app, &caller, id).await?;
    // Found out before it is done, so that what is done is noted with its owner.
    let note = note(&app, &caller, replay.registration).await?;
    let state = app.store.cancel_replay(caller.visibility(), id, app.clock.now()).await?;
    match state.ok_or_else(ApiError::not_found)? {
        ReplayState::Running => {}
        ended @ (ReplayState::Done | ReplayState::Cancelled) => {
            return Err(ApiError::new(Code::NotRunning).detail(format!("the replay is `{ended}`")));
        }
    }
    info!(replay.id = %id, "replay cancelled");
    Ok((note, Json(find(&app, &caller, id).await?.into())))
}

async fn find(app: &App, caller: &Caller, id: ReplayId) -> Result<Replay, ApiError> {
    let replay = app.store.find_replay(caller.visibility(), id).await?;
    replay.ok_or_else(ApiError::not_found)
}
