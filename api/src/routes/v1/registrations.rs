//! `/api/v1/registrations`: the caller's own; administrators see everybody's.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use postrider_domain::{Registration, RegistrationId};
use serde::Deserialize;
use tracing::info;

use self::body::{ChangeRegistration, WriteRegistration};
use self::view::RegistrationView;
use crate::App;
use crate::error::ApiError;
use crate::extract::{Caller, Id, Json, Listed, Query, page_request};

mod body;
mod view;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/registrations", get(list).post(create))
        .route("/api/v1/registrations/{id}", get(show).put(replace).patch(change).delete(remove))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<RegistrationView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let registrations = app.store.list_registrations(caller.visibility(), page).await?;
    Ok(registrations.map(RegistrationView::without_secret).into())
}

async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<WriteRegistration>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<RegistrationView>), ApiError> {
    let registration = app.registrations.create(caller.user.id, body.into()).await?;
    info!(registration.id = %registration.id, "registration created");
    let location = format!("/api/v1/registrations/{}", registration.id);
    let view = RegistrationView::for_caller(registration, &caller);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view)))
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
) -> Result<Json<RegistrationView>, ApiError> {
    let registration = find(&app, &caller, id).await?;
    Ok(Json(RegistrationView::for_caller(registration, &caller)))
}

async fn replace(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    Json(body): Json<WriteRegistration>,
) -> Result<Json<RegistrationView>, ApiError> {
    let current = find(&app, &caller, id).await?;
    let registration = app.registrations.replace(&caller, current, body.into()).await?;
    info!(registration.id = %id, "registration replaced");
    Ok(Json(RegistrationView::for_caller(registration, &caller)))
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    Json(body): Json<ChangeRegistration>,
) -> Result<Json<RegistrationView>, ApiError> {
    let current = find(&app, &caller, id).await?;
    let draft = body.apply_to(&current);
    let registration = app.registrations.replace(&caller, current, draft).await?;
    info!(registration.id = %id, registration.paused = registration.paused, "registration changed");
    Ok(Json(RegistrationView::for_caller(registration, &caller)))
}

async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
) -> Result<StatusCode, ApiError> {
    let now = app.clock.now();
    if !app.store.delete_registration(caller.visibility(), id, now).await? {
        return Err(ApiError::not_found());
    }
    info!(registration.id = %id, "registration deleted");
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, caller: &Caller, id: RegistrationId) -> Result<Registration, ApiError> {
    let found = app.store.find_registration(caller.visibility(), id).await?;
    found.ok_or_else(ApiError::not_found)
}
