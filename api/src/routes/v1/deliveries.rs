//! `/api/v1/deliveries`: what was sent, how it went, and sending it again.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use postrider_domain::ports::{DeliveryFilter, DeliveryReport, ReplayOutcome};
use postrider_domain::{DeliveryId, Visibility};
use serde::Deserialize;
use tracing::info;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::view::StateName;
pub(super) use self::view::{DeadReasonName, DeliveryView};
use self::view::{DeliveryReportView, HoldReasonName, ListedDeliveryView};
use super::headers::Signatures;
use super::registrations::note;
use crate::App;
use crate::audit::AuditNote;
use crate::error::{ApiError, Code};
use crate::etag::{ETag, IfNoneMatch};
use crate::extract::{Caller, Id, Json, Listed, Query, page_request, parsed};
use crate::openapi::schema;

mod view;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(replay))
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    /// Only those to this registration.
    #[param(value_type = Option<schema::RegistrationId>)]
    registration_id: Option<String>,
    /// Only those of this event.
    #[param(value_type = Option<schema::EventId>)]
    event_id: Option<String>,
    /// Only those in this state.
    #[param(value_type = Option<StateName>)]
    state: Option<String>,
    /// Only those that are held for this.
    #[param(value_type = Option<HoldReasonName>)]
    hold_reason: Option<String>,
    /// Only those that were given up for this.
    #[param(value_type = Option<DeadReasonName>)]
    dead_reason: Option<String>,
    /// Only of events of this filter.
    #[param(value_type = Option<schema::FilterName>)]
    filter: Option<String>,
    /// Only of events of this type.
    #[param(value_type = Option<schema::EventType>)]
    r#type: Option<String>,
    /// Only of events that were accepted at this time or later.
    #[param(value_type = Option<schema::Time>)]
    from: Option<String>,
    /// Only of events that were accepted before this time.
    #[param(value_type = Option<schema::Time>)]
    to: Option<String>,
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

impl ListQuery {
    fn filter(&self) -> Result<DeliveryFilter, ApiError> {
        Ok(DeliveryFilter {
            registration: parsed(self.registration_id.as_deref())?,
            event: parsed(self.event_id.as_deref())?,
            state: parsed(self.state.as_deref())?,
            hold_reason: parsed(self.hold_reason.as_deref())?,
            dead_reason: parsed(self.dead_reason.as_deref())?,
            filter: parsed(self.filter.as_deref())?,
            event_type: parsed(self.r#type.as_deref())?,
            from: parsed(self.from.as_deref())?,
            to: parsed(self.to.as_deref())?,
        })
    }
}

/// Lists deliveries, the newest first.
///
/// A search for few among very many looks so far and no further: its page may be short, or empty, and
/// have a next one all the same.
#[utoipa::path(
    get, path = "/api/v1/deliveries", tag = "deliveries", operation_id = "listDeliveries",
    params(ListQuery),
    responses((status = 200, body = Listed<ListedDeliveryView>)),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<ListedDeliveryView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let filter = query.filter()?;
    let deliveries = app.store.list_deliveries(caller.visibility(), &filter, page).await?;
    Ok(deliveries.map(ListedDeliveryView::from).into())
}

/// Shows a delivery with its newest attempts.
#[utoipa::path(
    get, path = "/api/v1/deliveries/{id}", tag = "deliveries", operation_id = "getDelivery",
    params(("id" = schema::DeliveryId, Path), IfNoneMatch),
    responses((status = 200, body = DeliveryReportView)),
)]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<DeliveryId>,
    version: IfNoneMatch,
) -> Result<Response, ApiError> {
    // What is found as one's own is one's own; what administrators find besides belongs to others.
    let own = Visibility::Own(caller.user.id);
    let (report, signatures) = match app.store.find_delivery(own, id).await? {
        Some(report) => (report, Signatures::Shown),
        None => (find(&app, &caller, id).await?, Signatures::Masked),
    };
    let view = DeliveryReportView::new(report, signatures);
    Ok(version.show(ETag::of_content(&view), view))
}

/// Sends a settled delivery again.
///
/// It is taken up by the scheduler, which is why this is accepted and not done.
#[utoipa::path(
    post, path = "/api/v1/deliveries/{id}/replay", tag = "deliveries",
    operation_id = "replayDelivery",
    params(("id" = schema::DeliveryId, Path)),
    responses(
        (status = 202, body = DeliveryView),
        (status = 409, description = "`not_settled`: it is on its way anyway. `nothing_to_send`: \
            the payload of its event was removed, or is no longer kept. `registration_deleted`: \
            there is nowhere to send it any more."),
    ),
)]
async fn replay(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<DeliveryId>,
) -> Result<(StatusCode, Option<AuditNote>, Json<DeliveryView>), ApiError> {
    let visibility = caller.visibility();
    let found = find(&app, &caller, id).await?;
    // Found out before it is done, so that what is done is noted with its owner.
    let note = note(&app, &caller, found.delivery.registration).await?;
    match app.store.replay_delivery(visibility, id, app.clock.now()).await? {
        None => Err(ApiError::not_found()),
        Some(ReplayOutcome::NotSettled(state)) => Err(ApiError::new(Code::NotSettled)
            .detail(format!("the delivery is `{state}`, so that it is sent anyway"))),
        Some(ReplayOutcome::NothingToSend) => Err(ApiError::new(Code::NothingToSend)
            .detail("the payload of its event was removed, or is no longer kept")),
        Some(ReplayOutcome::RegistrationDeleted) => Err(ApiError::new(Code::RegistrationDeleted)
            .detail("its registration was deleted, so that there is nowhere to send it")),
        Some(ReplayOutcome::Replayed) => {
            info!(delivery.id = %id, "delivery replayed");
            let report = find(&app, &caller, id).await?;
            Ok((StatusCode::ACCEPTED, note, Json(report.delivery.into())))
        }
    }
}

async fn find(app: &App, caller: &Caller, id: DeliveryId) -> Result<DeliveryReport, ApiError> {
    let report = app.store.find_delivery(caller.visibility(), id).await?;
    report.ok_or_else(ApiError::not_found)
}
