//! `/api/v1/filters`: the kinds of events, for everybody to see and for administrators to add to.

use axum::extract::{Path, State};
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use postrider_domain::{Filter, FilterName, FilterOrigin, NoticeKind, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::App;
use crate::error::{ApiError, Code, Violation};
use crate::etag::{ETag, IfMatch, IfNoneMatch, other_version};
use crate::extract::{Administrator, Caller, Json, Listed};
use crate::filters::{FilterError, reserved};
use crate::openapi::schema;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(show, describe, remove))
}

/// A filter.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FilterView {
    #[schema(value_type = schema::FilterName)]
    name: FilterName,
    /// What its events tell of.
    #[schema(required)]
    description: Option<String>,
    /// Where it comes from.
    origin: OriginView,
    /// The types that its events have; none unless it is a built-in one, since others' are whatever
    /// their publishers say.
    #[schema(required, value_type = Option<Vec<schema::EventType>>)]
    event_types: Option<Vec<&'static str>>,
    /// When it was added; none unless it is a custom one.
    #[schema(required, value_type = Option<schema::Time>)]
    created_at: Option<Timestamp>,
    /// When it was last changed; none unless it is a custom one.
    #[schema(required, value_type = Option<schema::Time>)]
    updated_at: Option<Timestamp>,
}

/// Where a filter comes from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum OriginView {
    /// The product.
    BuiltIn,
    /// Its configuration.
    Configured,
    /// An administrator.
    Custom,
}

impl From<&Filter> for FilterView {
    fn from(filter: &Filter) -> Self {
        let custom = filter.origin == FilterOrigin::Custom;
        Self {
            name: filter.name.clone(),
            description: filter.description.clone(),
            origin: match filter.origin {
                FilterOrigin::BuiltIn => OriginView::BuiltIn,
                FilterOrigin::Configured => OriginView::Configured,
                FilterOrigin::Custom => OriginView::Custom,
            },
            event_types: event_types(&filter.name),
            created_at: custom.then_some(filter.created_at),
            updated_at: custom.then_some(filter.updated_at),
        }
    }
}

fn event_types(name: &FilterName) -> Option<Vec<&'static str>> {
    if name.is_reserved() {
        return Some(NoticeKind::ALL.iter().map(|kind| kind.as_str()).collect());
    }
    name.event_types().map(<[_]>::to_vec)
}

/// A filter to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddFilter {
    /// Its name, in the spelling that notifications are to have.
    #[schema(value_type = schema::FilterName)]
    name: String,
    /// What its events tell of.
    #[schema(max_length = 1024, pattern = r"^[^\x00]*$")]
    description: Option<String>,
}

/// What changes in a filter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DescribeFilter {
    /// What its events tell of.
    #[schema(max_length = 1024, pattern = r"^[^\x00]*$")]
    description: Option<String>,
}

/// Every filter, by name.
#[utoipa::path(
    get,
    path = "/api/v1/filters",
    tag = "filters",
    operation_id = "listFilters",
    responses((status = 200, body = Listed<FilterView>)),
)]
async fn list(State(app): State<App>, _: Caller) -> Result<Json<Listed<FilterView>>, ApiError> {
    let known = app.filters.current().await?;
    Ok(Listed::whole(known.iter().map(FilterView::from).collect()))
}

/// Adds a filter. Events of it can be published, and asked for, at once.
#[utoipa::path(
    post,
    path = "/api/v1/filters",
    tag = "filters",
    operation_id = "addFilter",
    request_body = AddFilter,
    responses(
        (status = 201, description = "It is added.", body = FilterView,
            headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "There is a filter of this name."),
    ),
)]
async fn add(
    State(app): State<App>,
    _: Administrator,
    Json(body): Json<AddFilter>,
) -> Result<(StatusCode, [(HeaderName, String); 1], ETag, Json<FilterView>), ApiError> {
    let name: FilterName = body.name.parse().map_err(|error: postrider_domain::Invalid| {
        ApiError::invalid(vec![Violation { pointer: "/name".to_owned(), detail: error.0 }])
    })?;
    let filter = app.filters.add(name, body.description).await?;
    info!(filter.name = %filter.name, "filter added");
    let location = format!("/api/v1/filters/{}", filter.name);
    let version = ETag::of(filter.updated_at);
    Ok((StatusCode::CREATED, [(LOCATION, location)], version, Json((&filter).into())))
}

/// One filter.
#[utoipa::path(
    get,
    path = "/api/v1/filters/{name}",
    tag = "filters",
    operation_id = "getFilter",
    params(("name" = schema::FilterName, Path), IfNoneMatch),
    responses((status = 200, body = FilterView)),
)]
async fn show(
    State(app): State<App>,
    _: Caller,
    Path(name): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let filters = app.filters.covering([name.as_str()]).await?;
    let filter = filters.find(&name).ok_or_else(ApiError::not_found)?;
    Ok(known.show(ETag::of(filter.updated_at), FilterView::from(filter)))
}

/// Describes a custom filter.
#[utoipa::path(
    put,
    path = "/api/v1/filters/{name}",
    tag = "filters",
    operation_id = "describeFilter",
    params(("name" = schema::FilterName, Path), IfMatch),
    request_body = DescribeFilter,
    responses(
        (status = 200, body = FilterView),
        (status = 409, description = "It is not a custom one, or was changed at the same time."),
    ),
)]
async fn describe(
    State(app): State<App>,
    _: Administrator,
    Path(name): Path<String>,
    meant: IfMatch,
    Json(body): Json<DescribeFilter>,
) -> Result<(ETag, Json<FilterView>), ApiError> {
    let current = find(&app, &name, &meant).await?;
    let filter = app.filters.describe(current, body.description).await?;
    info!(filter.name = %filter.name, "filter described");
    Ok((ETag::of(filter.updated_at), Json((&filter).into())))
}

/// Deletes a custom filter that no registration asks for.
#[utoipa::path(
    delete,
    path = "/api/v1/filters/{name}",
    tag = "filters",
    operation_id = "deleteFilter",
    params(("name" = schema::FilterName, Path), IfMatch),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "It is not a custom one, or registrations ask for it."),
    ),
)]
async fn remove(
    State(app): State<App>,
    _: Administrator,
    Path(name): Path<String>,
    meant: IfMatch,
) -> Result<StatusCode, ApiError> {
    let current = find(&app, &name, &meant).await?;
    let removed = app.filters.remove(&current, meant.expected(current.updated_at)).await;
    removed.map_err(|error| match error {
        FilterError::Changed => other_version(),
        error => error.into(),
    })?;
    info!(filter.name = %current.name, "filter deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// The filter that is to be changed, as the store has it now.
async fn find(app: &App, name: &str, meant: &IfMatch) -> Result<Filter, ApiError> {
    let known = app.filters.reload().await?;
    let filter = known.find(name).ok_or_else(ApiError::not_found)?;
    meant.require(&ETag::of(filter.updated_at))?;
    Ok(filter.clone())
}

impl From<FilterError> for ApiError {
    fn from(error: FilterError) -> Self {
        match error {
            FilterError::Description(rule) => Self::invalid(vec![Violation {
                pointer: "/description".to_owned(),
                detail: rule.0,
            }]),
            FilterError::NameTaken => {
                Self::new(Code::NameTaken).detail("there is a filter of this name already")
            }
            FilterError::Reserved => Self::invalid(vec![Violation {
                pointer: "/name".to_owned(),
                detail: reserved("no other can have its name").0,
            }]),
            FilterError::Fixed => Self::new(Code::BuiltIn)
                .detail("the filter comes with the product or its configuration"),
            FilterError::InUse => {
                Self::new(Code::InUse).detail("registrations ask for the filter by name")
            }
            FilterError::NotFound => Self::not_found(),
            FilterError::Changed => Self::new(Code::ConcurrentUpdate)
                .detail("somebody else changed the filter; read it and try again"),
            FilterError::Store(error) => error.into(),
        }
    }
}
