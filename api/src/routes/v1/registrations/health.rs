//! `GET /api/v1/registrations/health`: how each row of a list does, in one request.

use axum::extract::State;
use postrider_domain::ports::RegistrationHealth;
use postrider_domain::{Delivery, DeliveryId, FailureCause, RegistrationId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::flow::FlowView;
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Caller, Json, Query};
use crate::openapi::schema;
use crate::routes::v1::deliveries::StateName;

/// How many registrations can be asked for at a time.
const MAX_IDS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HealthQuery {
    /// The ids of 1 to 100 registrations, separated by commas.
    #[param(pattern = "^reg_[0-9a-f]{32}(,reg_[0-9a-f]{32}){0,99}$")]
    ids: String,
}

impl HealthQuery {
    fn ids(&self) -> Result<Vec<RegistrationId>, ApiError> {
        let refused = |detail: String| ApiError::new(Code::InvalidQuery).detail(detail);
        // Counted before any is read: what is far too long costs nothing.
        if self.ids.split(',').count() > MAX_IDS {
            return Err(refused(format!("`ids` has at most {MAX_IDS} ids")));
        }
        let ids = self.ids.split(',').map(str::parse).collect::<Result<_, _>>();
        ids.map_err(|invalid: postrider_domain::Invalid| refused(invalid.to_string()))
    }
}

/// How registrations do.
#[derive(Serialize, ToSchema)]
pub(super) struct RegistrationHealthList {
    items: Vec<RegistrationHealthView>,
}

/// How a registration does, and how its newest deliveries went.
#[derive(Serialize, ToSchema)]
#[schema(as = RegistrationHealth)]
struct RegistrationHealthView {
    #[schema(value_type = schema::RegistrationId)]
    id: RegistrationId,
    flow: FlowView,
    /// Its newest deliveries, the newest first.
    #[schema(max_items = 12)]
    recent: Vec<RecentDelivery>,
}

/// How a delivery went.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecentDelivery {
    #[schema(value_type = schema::DeliveryId)]
    delivery_id: DeliveryId,
    /// When it was delivered or given up; or else when it was made.
    #[schema(value_type = schema::Time)]
    at: Timestamp,
    #[schema(value_type = StateName)]
    state: &'static str,
    /// The status of the last answer.
    #[schema(required)]
    last_status: Option<u16>,
    /// Why the last attempt failed.
    #[schema(required)]
    last_cause: Option<&'static str>,
}

impl From<RegistrationHealth> for RegistrationHealthView {
    fn from(health: RegistrationHealth) -> Self {
        Self {
            id: health.registration,
            flow: health.flow.into(),
            recent: health.recent.into_iter().map(RecentDelivery::from).collect(),
        }
    }
}

impl From<Delivery> for RecentDelivery {
    fn from(delivery: Delivery) -> Self {
        Self {
            delivery_id: delivery.id,
            at: delivery.settled_at.unwrap_or(delivery.created_at),
            state: delivery.state.as_str(),
            last_status: delivery.last_status,
            last_cause: delivery.last_cause.map(FailureCause::as_str),
        }
    }
}

/// How registrations do, and how their newest deliveries went; those that the caller does not see are
/// left out.
#[utoipa::path(
    get,
    path = "/api/v1/registrations/health",
    tag = "registrations",
    operation_id = "listRegistrationHealth",
    params(HealthQuery),
    responses((status = 200, body = RegistrationHealthList)),
)]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<HealthQuery>,
) -> Result<Json<RegistrationHealthList>, ApiError> {
    let health = app.store.health_of(caller.visibility(), &query.ids()?).await?;
    let items = health.into_iter().map(RegistrationHealthView::from).collect();
    Ok(Json(RegistrationHealthList { items }))
}
