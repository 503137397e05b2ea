//! `/api/v1/resources`: the catalogue of the things that events are about.
//!
//! Every change publishes its event in the same commit; the answer names it in a header.

use axum::extract::State;
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use postrider_domain::ports::ResourceFilter;
use postrider_domain::{Access, CatalogueEntry, EventId, FilterName};
use tracing::info;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::{AddResource, ChangeResource, ListQuery};
use self::location::ResourcePath;
use self::view::ResourceView;
use crate::App;
use crate::error::{ApiError, Code};
use crate::etag::{ETag, IfMatch, IfNoneMatch};
use crate::extract::{
    Caller, IdempotencyKey, Json, JsonBody, Listed, Query, page_request, search_text,
};
use crate::openapi::schema;

mod body;
mod error;
mod executions;
mod location;
mod view;

/// Where they are.
const PATH: &str = "/api/v1/resources";
/// Names the event that tells of the change.
pub(crate) const EVENT: HeaderName = HeaderName::from_static("postrider-event-id");

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(show, replace, remove))
        .routes(routes!(executions::report))
}

/// The resources that the caller may read, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/resources",
    tag = "resources",
    operation_id = "listResources",
    params(ListQuery),
    responses((status = 200, body = Listed<ResourceView>)),
)]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<ResourceView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let kind = query.kind.map(|kind| kind.parse::<FilterName>()).transpose();
    let filter = ResourceFilter {
        kind: kind.map_err(|rule| ApiError::new(Code::InvalidQuery).detail(rule.0))?,
        category: query.category,
        search: search_text(query.search.as_deref())?.map(str::to_owned),
    };
    // No category has the character in its id, and Postgres cannot look for it.
    if filter.category.as_ref().is_some_and(|category| category.contains('\0')) {
        return Ok(Listed::whole(Vec::new()));
    }
    let page = app.store.list_resources(caller.visibility(), &filter, page).await?;
    let known = app.filters.current().await?;
    let spelled = |entry: CatalogueEntry| {
        let kind = known.resolve(entry.kind.as_str()).cloned().unwrap_or(entry.kind);
        ResourceView::from(CatalogueEntry { kind, ..entry })
    };
    Ok(page.map(spelled).into())
}

/// Adds a resource. Its creator may read, change and delete it from then on.
///
/// It takes Create on every resource of the kind; whoever gives the id takes Read, Modify and Delete
/// on every one of them besides.
#[utoipa::path(
    post,
    path = "/api/v1/resources",
    tag = "resources",
    operation_id = "addResource",
    params(IdempotencyKey),
    request_body = AddResource,
    responses(
        (status = 201, description = "It is added.", body = ResourceView,
            headers(("Location" = String), ("ETag" = String),
                ("Postrider-Event-Id" = schema::EventId, description = "The event that tells of \
                    it; none when an earlier request with the same key added it."))),
        (status = 409, description = "The id or the name is taken, or the key was used before for \
            another request."),
    ),
)]
async fn add(
    State(app): State<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: JsonBody,
) -> Result<(StatusCode, HeaderMap, ETag, Json<ResourceView>), ApiError> {
    let key = key.of_creation(PATH, &body.0);
    let body: AddResource = body.parse()?;
    let kind = app.filters.resolve(&body.kind).await?;
    let new = body.check(kind)?;
    let (entry, event) = app.catalogue.create(&caller, new, key.as_ref()).await?;
    info!(resource.kind = %entry.kind, event.id = event.map(tracing::field::display), "resource added");
    let kind = app.filters.resolve(entry.kind.as_str()).await?.unwrap_or(entry.kind);
    let entry = CatalogueEntry { kind, ..entry };

    let location = location::of(&entry);
    let location = HeaderValue::try_from(location).expect("a path is visible ASCII");
    let mut headers = HeaderMap::from_iter([(LOCATION, location)]);
    headers.extend(event.map(event_header));
    let version = ETag::of(entry.updated_at);
    Ok((StatusCode::CREATED, headers, version, Json(entry.into())))
}

/// One resource.
#[utoipa::path(
    get,
    path = "/api/v1/resources/{kind}/{id}",
    tag = "resources",
    operation_id = "getResource",
    params(("kind" = schema::FilterName, Path), ("id" = String, Path), IfNoneMatch),
    responses((status = 200, body = ResourceView)),
)]
async fn show(
    State(app): State<App>,
    caller: Caller,
    resource: ResourcePath,
    known: IfNoneMatch,
) -> Result<Response, ApiError> {
    let (kind, id) = resource.resolve(&app).await?;
    let entry = app.catalogue.find(&caller, &kind, &id).await?;
    Ok(known.show(ETag::of(entry.updated_at), ResourceView::from(entry)))
}

/// Renames a resource, and files it under a category or under none.
#[utoipa::path(
    put,
    path = "/api/v1/resources/{kind}/{id}",
    tag = "resources",
    operation_id = "replaceResource",
    params(("kind" = schema::FilterName, Path), ("id" = String, Path), IfMatch),
    request_body = ChangeResource,
    responses(
        (status = 200, body = ResourceView, headers(("Postrider-Event-Id" = schema::EventId,
            description = "The event that tells of it."))),
        (status = 409, description = "The name is taken, or somebody else changed it at the same \
            time."),
    ),
)]
async fn replace(
    State(app): State<App>,
    caller: Caller,
    resource: ResourcePath,
    meant: IfMatch,
    Json(body): Json<ChangeResource>,
) -> Result<([(HeaderName, HeaderValue); 1], ETag, Json<ResourceView>), ApiError> {
    let (kind, id) = resource.resolve(&app).await?;
    let current = app.catalogue.find_with(&caller, &kind, &id, Access::MODIFY).await?;
    meant.require(&ETag::of(current.updated_at))?;
    let (entry, event) = app.catalogue.update(&caller, current, body.name, body.category).await?;
    info!(resource.kind = %entry.kind, event.id = %event, "resource changed");
    Ok(([event_header(event)], ETag::of(entry.updated_at), Json(entry.into())))
}

/// Deletes a resource.
///
/// Permissions on it end, and with a category those on what is filed under it; who had them is still
/// told of this.
#[utoipa::path(
    delete,
    path = "/api/v1/resources/{kind}/{id}",
    tag = "resources",
    operation_id = "deleteResource",
    params(("kind" = schema::FilterName, Path), ("id" = String, Path), IfMatch),
    responses(
        (status = 204, description = "It is gone.", headers(("Postrider-Event-Id" = schema::EventId,
            description = "The event that tells of it."))),
        (status = 409, description = "It is a category, and resources are filed under it; or \
            somebody else changed it at the same time."),
    ),
)]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    resource: ResourcePath,
    meant: IfMatch,
) -> Result<(StatusCode, [(HeaderName, HeaderValue); 1]), ApiError> {
    let (kind, id) = resource.resolve(&app).await?;
    let current = app.catalogue.find_with(&caller, &kind, &id, Access::DELETE).await?;
    meant.require(&ETag::of(current.updated_at))?;
    let event = app.catalogue.delete(&caller, &current).await?;
    info!(resource.kind = %kind, event.id = %event, "resource deleted");
    Ok((StatusCode::NO_CONTENT, [event_header(event)]))
}

fn event_header(event: EventId) -> (HeaderName, HeaderValue) {
    let value = HeaderValue::try_from(event.to_string()).expect("an id is visible ASCII");
    (EVENT, value)
}
