//! `/api/v1/overview`: how the whole system does, for administrators.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::view::OverviewView;
use crate::App;
use crate::error::ApiError;
use crate::extract::{Administrator, Json, Query};
use crate::overview::{Present, Span, chart};

mod view;

pub(super) use self::view::PresentView;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct OverviewQuery {
    /// How far back it goes.
    #[serde(default)]
    #[param(default = "hour")]
    range: RangeName,
}

/// How far back the overview goes: 60 buckets of a minute, or 96 of a quarter of an hour.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = OverviewRange)]
#[serde(rename_all = "lowercase")]
enum RangeName {
    #[default]
    Hour,
    Day,
}

impl RangeName {
    fn span(self) -> Span {
        match self {
            Self::Hour => Span { buckets: 60, minutes: 1 },
            Self::Day => Span { buckets: 96, minutes: 15 },
        }
    }
}

/// Shows how the whole system does: what it did lately, and what waits.
///
/// Everything is for charts. Roles write down what they counted every ten seconds: what a process that is
/// killed had not yet written is missing here, and nowhere else. What is none is not known: nobody who
/// could have counted it ran then.
#[utoipa::path(
    get, path = "/api/v1/overview", tag = "activity", operation_id = "getOverview",
    params(OverviewQuery),
    responses((status = 200, body = OverviewView)),
)]
async fn show(
    State(app): State<App>,
    _: Administrator,
    Query(query): Query<OverviewQuery>,
) -> Result<Json<OverviewView>, ApiError> {
    let (now, span) = (app.clock.now(), query.range.span());
    let present = Present::read(&*app.store, now).await?;
    let buckets = chart(&*app.store, now, span).await?;
    Ok(Json(OverviewView::new(now, query.range, &present, buckets)))
}
