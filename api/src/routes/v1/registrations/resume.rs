//! `POST /api/v1/registrations/{id}/resume` and `…/discard-held`: what becomes of what was held.

use axum::extract::State;
use postrider_domain::RegistrationId;
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::find;
use super::view::RegistrationView;
use crate::App;
use crate::audit::AuditNote;
use crate::error::ApiError;
use crate::etag::{ETag, IfMatch};
use crate::extract::{Caller, Id, Json};
use crate::openapi::schema;

/// What becomes of what was held.
#[derive(Default, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Held {
    /// It is sent, the oldest first, slowly in the beginning.
    #[default]
    Send,
    /// It is given up (`discarded`) before anything is sent.
    Discard,
}

/// How a registration is resumed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Resume {
    /// What becomes of what was held; `send` unless it is given.
    #[serde(default)]
    held: Held,
}

/// A registration that was resumed.
#[derive(Serialize, ToSchema)]
pub(super) struct ResumedView {
    registration: RegistrationView,
    /// How many deliveries were given up.
    discarded: u64,
}

/// What was given up.
#[derive(Serialize, ToSchema)]
pub(super) struct DiscardedView {
    /// How many deliveries were given up.
    discarded: u64,
}

/// Ends a pause, and switches on again what the product has switched off.
///
/// It is a new beginning for the receiver: its breaker is closed, whether or not the registration was
/// paused. What is held for an expired secret stays held until there is another one, and what is held
/// because the owner is switched off until they are on again.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/resume",
    tag = "registrations",
    operation_id = "resumeRegistration",
    params(("id" = schema::RegistrationId, Path), IfMatch),
    request_body = Resume,
    responses(
        (status = 200, body = ResumedView),
        (status = 409, description = "Somebody else changed it at the same time. What was given up \
            stays so."),
    ),
)]
pub(super) async fn resume(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    meant: IfMatch,
    Json(body): Json<Resume>,
) -> Result<(Option<AuditNote>, ETag, Json<ResumedView>), ApiError> {
    let current = find(&app, &caller, id).await?;
    meant.require(&ETag::of(current.updated_at))?;
    let discarded = match body.held {
        Held::Send => 0,
        Held::Discard => discard(&app, &caller, id).await?,
    };
    let resumed = app.registrations.resume(&caller, current).await?;
    info!(registration.id = %id, discarded, "registration resumed");
    let note = AuditNote::of_registration(&caller, resumed.owner);
    let version = ETag::of(resumed.updated_at);
    Ok((note, version, Json(ResumedView { registration: resumed.into(), discarded })))
}

/// Gives up everything that is held for a registration (`discarded`), whatever it is held for.
///
/// It can be sent again later, by a replay. What is accepted meanwhile may be held again.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/discard-held",
    tag = "registrations",
    operation_id = "discardHeldDeliveries",
    params(("id" = schema::RegistrationId, Path)),
    responses((status = 200, body = DiscardedView)),
)]
pub(super) async fn discard_held(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
) -> Result<(Option<AuditNote>, Json<DiscardedView>), ApiError> {
    let registration = find(&app, &caller, id).await?;
    let discarded = discard(&app, &caller, id).await?;
    info!(registration.id = %id, discarded, "held deliveries discarded");
    let note = AuditNote::of_registration(&caller, registration.owner);
    Ok((note, Json(DiscardedView { discarded })))
}

async fn discard(app: &App, caller: &Caller, id: RegistrationId) -> Result<u64, ApiError> {
    let discarded = app.registrations.discard_held(caller, id).await?;
    discarded.ok_or_else(ApiError::not_found)
}
