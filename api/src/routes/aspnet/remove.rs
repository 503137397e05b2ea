//! `DELETE api/webhooks/registrations` and `DELETE api/webhooks/registrations/{id}`.

use axum::extract::State;
use http::StatusCode;
use postrider_domain::ports::RegistrationRemoval;
use postrider_domain::{RegistrationId, Visibility};
use tracing::info;

use super::error::AspnetError;
use crate::App;
use crate::error::ApiError;
use crate::extract::{Caller, Id};
use crate::openapi::schema;

/// Deletes one registration of the caller.
#[utoipa::path(
    delete,
    path = "/api/webhooks/registrations/{id}",
    tag = "aspnet",
    operation_id = "aspnetDelete",
    params(("id" = schema::SimpleId, Path)),
    responses(
        (status = 200, description = "It is gone."),
        (status = 404, description = "It is not there, or not the caller's."),
    ),
)]
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    id: Result<Id<RegistrationId>, ApiError>,
) -> Result<StatusCode, AspnetError> {
    let Ok(Id(id)) = id else { return Err(AspnetError::NotFound) };
    let own = Visibility::Own(caller.user.id);
    let removal = app.store.delete_registration(own, id, None, app.clock.now()).await?;
    if !matches!(removal, RegistrationRemoval::Done { .. }) {
        return Err(AspnetError::NotFound);
    }
    info!(registration.id = %id, "registration deleted");
    Ok(StatusCode::OK)
}

/// Deletes every registration of the caller; none at all is fine.
#[utoipa::path(
    delete,
    path = "/api/webhooks/registrations",
    tag = "aspnet",
    operation_id = "aspnetDeleteAll",
    responses((status = 200, description = "None is left.")),
)]
pub(super) async fn remove_all(
    State(app): State<App>,
    caller: Caller,
) -> Result<StatusCode, AspnetError> {
    let deleted = app.store.delete_registrations_of(caller.user.id, app.clock.now()).await?;
    info!(user.id = %caller.user.id, deleted, "registrations deleted");
    Ok(StatusCode::OK)
}
