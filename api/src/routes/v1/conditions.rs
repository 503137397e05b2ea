//! `/api/v1/conditions`: whether a condition can be read, before a registration has it.

use postrider_domain::Condition;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::error::ApiError;
use crate::extract::{Caller, Json, Query};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct CheckQuery {
    /// A filter expression of RFC 9535, with `@` for the event.
    condition: String,
}

/// What there is to say of a condition.
#[derive(Serialize, ToSchema)]
struct ConditionView {
    /// What is wrong with it, and where; none when a registration can have it.
    #[schema(required)]
    mistake: Option<String>,
}

/// Says whether a registration can have a condition, for who is about to write one.
///
/// A condition that is wrong is no failure here, and nothing is kept of it.
#[utoipa::path(
    get, path = "/api/v1/conditions/check", tag = "registrations", operation_id = "checkCondition",
    params(CheckQuery),
    responses((status = 200, body = ConditionView)),
)]
async fn check(
    _: Caller,
    Query(query): Query<CheckQuery>,
) -> Result<Json<ConditionView>, ApiError> {
    let read: Result<Condition, _> = query.condition.parse();
    Ok(Json(ConditionView { mistake: read.err().map(|invalid| invalid.to_string()) }))
}
