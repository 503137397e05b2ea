//! `/api/v1/inbox`: what was received, how it was processed, and having it processed again; for
//! administrators.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderName, StatusCode};
use postrider_domain::ports::InboxReport;
use postrider_domain::{InboxId, InboxState};
use tracing::info;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::ReplayInbox;
use self::error::{NOT_MIGRATED, told};
use self::query::ListQuery;
use self::view::{InboxReportView, InboxView, ReplayedView};
use crate::App;
use crate::audit::AuditNote;
use crate::error::{ApiError, Code};
use crate::etag::{ETag, IfNoneMatch};
use crate::extract::{Administrator, Id, Json, Listed, Query};
use crate::openapi::schema;

mod body;
mod error;
mod query;
mod view;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(show_body))
        .routes(routes!(replay))
        .routes(routes!(replay_dead))
}

/// Lists received webhooks, the newest first.
///
/// A page looks at some ten thousand of them at the most: a search for what is rare may find a page short,
/// or empty, and is to be followed to the `next` all the same.
#[utoipa::path(
    get, path = "/api/v1/inbox", tag = "inbox", operation_id = "listInbox",
    params(ListQuery),
    responses(
        (status = 200, body = Listed<InboxView>),
        (status = 503, description = NOT_MIGRATED),
    ),
)]
async fn list(
    State(app): State<App>,
    _: Administrator,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<InboxView>>, ApiError> {
    let (filter, page) = (query.filter()?, query.page()?);
    let listed = told(&app, app.inbox.list_inbox(&filter, page).await).await?;
    Ok(listed.map(InboxView::from).into())
}

/// Shows a received webhook with its newest runs.
///
/// Whatever proved who sent it is not kept. The body is shown up to 65,536 bytes.
#[utoipa::path(
    get, path = "/api/v1/inbox/{id}", tag = "inbox", operation_id = "getInboxItem",
    params(("id" = schema::InboxId, Path), IfNoneMatch),
    responses(
        (status = 200, body = InboxReportView),
        (status = 503, description = NOT_MIGRATED),
    ),
)]
async fn show(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<InboxId>,
    version: IfNoneMatch,
) -> Result<Response, ApiError> {
    let view = InboxReportView::from(find(&app, id).await?);
    Ok(version.show(ETag::of_content(&view), view))
}

/// Gives out the body of a received webhook, byte for byte.
///
/// A stranger wrote it: it is called bytes and a file to save, whatever it was sent as, so that no
/// browser renders it.
#[utoipa::path(
    get, path = "/api/v1/inbox/{id}/body", tag = "inbox", operation_id = "getInboxBody",
    params(("id" = schema::InboxId, Path)),
    responses(
        (status = 200, description = "The body.", body = schema::Binary,
            content_type = "application/octet-stream", headers(("Content-Disposition" = String))),
        (status = 503, description = NOT_MIGRATED),
    ),
)]
async fn show_body(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<InboxId>,
) -> Result<([(HeaderName, String); 2], Bytes), ApiError> {
    let report = find(&app, id).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{id}.bin\"")),
    ];
    Ok((headers, report.item.request.body))
}

/// Has all handlers of a settled webhook run again, as if it had just been received.
///
/// It is taken up by the scheduler, which is why this is accepted and not done.
#[utoipa::path(
    post, path = "/api/v1/inbox/{id}/replay", tag = "inbox", operation_id = "replayInboxItem",
    params(("id" = schema::InboxId, Path)),
    responses(
        (status = 202, body = InboxView),
        (status = 409, description = "`not_settled`: its handlers run anyway."),
        (status = 503, description = NOT_MIGRATED),
    ),
)]
async fn replay(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<InboxId>,
) -> Result<(StatusCode, AuditNote, Json<InboxView>), ApiError> {
    // Found out before it is done, so that what is done is noted with where it came in.
    let note = AuditNote(format!("a webhook of {}", find(&app, id).await?.item.address));
    match told(&app, app.inbox.replay_inbox(id, app.clock.now()).await).await? {
        None => Err(ApiError::not_found()),
        Some(InboxState::Pending) => Err(ApiError::new(Code::NotSettled)
            .detail("the webhook is `pending`, so that its handlers run anyway")),
        Some(InboxState::Processed | InboxState::Dead) => {
            info!(inbox.id = %id, "received webhook replayed");
            Ok((StatusCode::ACCEPTED, note, Json(find(&app, id).await?.into())))
        }
    }
}

/// Has all handlers of dead webhooks run again, the oldest first.
///
/// When as many were replayed as asked for, there may be more of them.
#[utoipa::path(
    post, path = "/api/v1/inbox/replays", tag = "inbox", operation_id = "replayDeadInbox",
    request_body(content = ReplayInbox, example = json!({ "receiver": "github", "limit": 100 })),
    responses(
        (status = 202, body = ReplayedView),
        (status = 503, description = NOT_MIGRATED),
    ),
)]
async fn replay_dead(
    State(app): State<App>,
    _: Administrator,
    Json(body): Json<ReplayInbox>,
) -> Result<(StatusCode, AuditNote, Json<ReplayedView>), ApiError> {
    let (filter, limit) = body.check()?;
    let replayed = app.inbox.replay_dead_inbox(&filter, app.clock.now(), limit).await;
    let replayed = told(&app, replayed).await?;
    info!(inbox.replayed = replayed, "dead webhooks replayed");
    let note = AuditNote(body::note(&filter, replayed));
    Ok((StatusCode::ACCEPTED, note, Json(ReplayedView { replayed })))
}

async fn find(app: &App, id: InboxId) -> Result<InboxReport, ApiError> {
    told(app, app.inbox.find_inbox(id).await).await?.ok_or_else(ApiError::not_found)
}
