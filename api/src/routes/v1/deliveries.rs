//! `/api/v1/deliveries`: what was sent, how it went, and sending it again.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use http::StatusCode;
use postrider_domain::ports::{DeliveryFilter, ReplayOutcome};
use postrider_domain::{DeliveryId, DeliveryState};
use serde::Deserialize;
use tracing::info;

use self::view::DeliveryReportView;
pub(super) use self::view::DeliveryView;
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Caller, Id, Json, Listed, Query, page_request};

mod view;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/deliveries", get(list))
        .route("/api/v1/deliveries/{id}", get(show))
        .route("/api/v1/deliveries/{id}/replay", post(replay))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ListQuery {
    registration_id: Option<String>,
    event_id: Option<String>,
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

impl ListQuery {
    fn filter(&self) -> Result<DeliveryFilter, ApiError> {
        fn read<T: std::str::FromStr<Err = postrider_domain::Invalid>>(
            text: Option<&String>,
        ) -> Result<Option<T>, ApiError> {
            text.map(|text| text.parse()).transpose().map_err(|invalid: T::Err| {
                ApiError::new(Code::InvalidQuery).detail(invalid.to_string())
            })
        }
        Ok(DeliveryFilter {
            registration: read(self.registration_id.as_ref())?,
            event: read(self.event_id.as_ref())?,
            state: read::<DeliveryState>(self.state.as_ref())?,
        })
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<DeliveryView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let filter = query.filter()?;
    let deliveries = app.store.list_deliveries(caller.visibility(), filter, page).await?;
    Ok(deliveries.map(DeliveryView::from).into())
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<DeliveryId>,
) -> Result<Json<DeliveryReportView>, ApiError> {
    let report = app.store.find_delivery(caller.visibility(), id).await?;
    Ok(Json(report.ok_or_else(ApiError::not_found)?.into()))
}

/// Sends a settled delivery again. It is taken up by the scheduler, which is why this is accepted and
/// not done.
async fn replay(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<DeliveryId>,
) -> Result<(StatusCode, Json<DeliveryView>), ApiError> {
    let visibility = caller.visibility();
    match app.store.replay_delivery(visibility, id, app.clock.now()).await? {
        None => Err(ApiError::not_found()),
        Some(ReplayOutcome::NotSettled(state)) => Err(ApiError::new(Code::NotSettled)
            .detail(format!("the delivery is `{state}`, so that it is sent anyway"))),
        Some(ReplayOutcome::Replayed) => {
            info!(delivery.id = %id, "delivery replayed");
            let report = app.store.find_delivery(visibility, id).await?;
            let report = report.ok_or_else(ApiError::not_found)?;
            Ok((StatusCode::ACCEPTED, Json(report.delivery.into())))
        }
    }
}
