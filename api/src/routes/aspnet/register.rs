//! `POST api/webhooks/registrations`.

use axum::extract::State;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use tracing::info;

use super::REGISTRATIONS;
use super::body::WebHook;
use super::error::AspnetError;
use super::json::AspnetJson;
use super::view::WebHookView;
use crate::App;
use crate::extract::Caller;
use crate::registrations::Verification;
use postrider_runtime::RequestOrigin;

/// Registers a target.
#[utoipa::path(
    post,
    path = "/api/webhooks/registrations",
    tag = "aspnet",
    operation_id = "aspnetRegister",
    request_body = WebHook,
    responses((status = 201, description = "It is registered.", body = WebHookView,
        headers(("Location" = String, description = "Where it is, as an absolute URL.")))),
)]
pub(super) async fn register(
    State(app): State<App>,
    caller: Caller,
    origin: RequestOrigin,
    webhook: WebHook,
) -> Result<(StatusCode, [(HeaderName, String); 1], AspnetJson<WebHookView>), AspnetError> {
    let verification = verification(&app);
    let registration =
        app.registrations.create(caller.user.id, webhook.into(), verification, None).await?;
    info!(registration.id = %registration.id, "registration created");
    let location = origin.absolute(&format!("{REGISTRATIONS}/{}", registration.id.simple()));
    let view = WebHookView::for_owner(registration, &caller);
    Ok((StatusCode::CREATED, [(LOCATION, location)], AspnetJson(view)))
}

/// Whether targets have to send an echo.
pub(super) fn verification(app: &App) -> Verification {
    if app.config.aspnet_echo { Verification::OfNewTarget } else { Verification::Off }
}
