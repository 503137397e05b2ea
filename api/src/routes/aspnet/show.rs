//! `GET api/webhooks/registrations/{id}`: where the `Location` of a new registration leads.

use axum::extract::State;
use postrider_domain::{RegistrationId, Visibility};

use super::error::AspnetError;
use super::view::WebHookView;
use crate::App;
use crate::error::ApiError;
use crate::extract::{Caller, Id, Json};

/// One registration of the caller; this dialect shows nobody another user's, since it always shows
/// the secret.
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    id: Result<Id<RegistrationId>, ApiError>,
) -> Result<Json<WebHookView>, AspnetError> {
    let Ok(Id(id)) = id else { return Err(AspnetError::NotFound) };
    let own = Visibility::Own(caller.user.id);
    let found = app.store.find_registration(own, id).await?;
    found.map(|registration| Json(registration.into())).ok_or(AspnetError::NotFound)
}
