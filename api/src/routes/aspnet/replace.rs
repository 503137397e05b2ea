//! `PUT api/webhooks/registrations/{id}`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use postrider_domain::{RegistrationId, Visibility};
use tracing::info;

use super::body::WebHook;
use super::error::AspnetError;
use super::register::verification;
use crate::App;
use crate::extract::Caller;
use crate::openapi::schema;

/// Replaces a registration whole. What is missing gets its default, except the secret, which stays:
/// its owner would not even be told of another one. What only the native dialect knows stays, too, but
/// for one thing: unless it is paused, a registration that the product switched off is on again.
#[utoipa::path(
    put,
    path = "/api/webhooks/registrations/{id}",
    tag = "aspnet",
    operation_id = "aspnetReplace",
    params(("id" = schema::SimpleId, Path)),
    request_body = WebHook,
    responses(
        (status = 200, description = "It is replaced."),
        (status = 404, description = "It is not there, or not the caller's."),
        (status = 409, description = "Somebody else changed it at the same time."),
    ),
)]
pub(super) async fn replace(
    State(app): State<App>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    webhook: WebHook,
) -> Result<StatusCode, AspnetError> {
    let Ok(Path(id)) = path else { return Err(AspnetError::NotFound) };
    if webhook.id.as_ref().is_some_and(|given| !given.eq_ignore_ascii_case(&id)) {
        return Err(AspnetError::OtherId);
    }
    let id: RegistrationId = id.parse().map_err(|_| AspnetError::NotFound)?;
    let own = Visibility::Own(caller.user.id);
    let current = app.store.find_registration(own, id).await?.ok_or(AspnetError::NotFound)?;
    app.registrations.replace(&caller, current, webhook.into(), verification(&app)).await?;
    info!(registration.id = %id, "registration replaced");
    Ok(StatusCode::OK)
}
