//! `/api/v1/registrations/{id}/secret`: what deliveries are signed with, for the owner alone.

use std::time::Duration;

use axum::extract::State;
use postrider_domain::{Principal, RegistrationId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::find;
use crate::App;
use crate::error::{ApiError, Violation};
use crate::etag::{ETag, IfMatch};
use crate::extract::{Caller, Id, Json};
use crate::openapi::schema;
use crate::registrations::RegistrationError;

/// How long the old secret goes on signing unless the client says.
const DEFAULT_OVERLAP: u64 = 24 * 60 * 60;
/// The longest that it may.
const MAX_OVERLAP: u64 = 30 * DEFAULT_OVERLAP;

/// What deliveries are signed with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SecretView {
    /// The secret in force.
    #[schema(min_length = 32, max_length = 128)]
    secret: String,
    /// The one before it, while it goes on signing beside the other.
    #[schema(required)]
    previous: Option<PreviousSecretView>,
}

/// A secret that was replaced.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PreviousSecretView {
    #[schema(min_length = 32, max_length = 128)]
    secret: String,
    /// When it no longer signs.
    #[schema(value_type = schema::Time)]
    ends_at: Timestamp,
}

impl SecretView {
    fn at(registration: &postrider_domain::Registration, now: Timestamp) -> Self {
        let previous =
            registration.previous_secret.as_ref().filter(|previous| previous.ends_at > now);
        Self {
            secret: registration.secret.expose().to_owned(),
            previous: previous.map(|previous| PreviousSecretView {
                secret: previous.secret.expose().to_owned(),
                ends_at: previous.ends_at,
            }),
        }
    }
}

/// The secret of a registration, for its owner with a login or a key that may manage.
///
/// Every look at it is in the audit log.
#[utoipa::path(
    get,
    path = "/api/v1/registrations/{id}/secret",
    tag = "registrations",
    operation_id = "getRegistrationSecret",
    params(("id" = schema::RegistrationId, Path)),
    responses((status = 200, body = SecretView)),
)]
pub(super) async fn show(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
) -> Result<Json<SecretView>, ApiError> {
    let registration = find(&app, &caller, id).await?;
    require_owner(&caller, registration.owner)?;
    Ok(Json(SecretView::at(&registration, app.clock.now())))
}

/// Which secret follows, and how.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RotateSecret {
    /// The new secret; one is generated unless it is given.
    #[schema(min_length = 32, max_length = 128, pattern = r"^[^\x00]*$")]
    secret: Option<String>,
    /// How many seconds the old secret goes on signing; a day unless it is given.
    #[schema(minimum = 0, maximum = 2_592_000)]
    overlap_seconds: Option<u64>,
}

/// Gives a registration another secret, while the old one goes on signing for some time, so that its
/// receiver can follow at leisure. A second rotation within that time ends the oldest one.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/secret",
    tag = "registrations",
    operation_id = "rotateRegistrationSecret",
    params(("id" = schema::RegistrationId, Path), IfMatch),
    request_body = RotateSecret,
    responses(
        (status = 200, body = SecretView),
        (status = 409, description = "Somebody else changed it at the same time."),
    ),
)]
pub(super) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    meant: IfMatch,
    Json(body): Json<RotateSecret>,
) -> Result<(ETag, Json<SecretView>), ApiError> {
    let current = find(&app, &caller, id).await?;
    require_owner(&caller, current.owner)?;
    meant.require(&ETag::of(current.updated_at))?;
    let overlap = check_overlap(body.overlap_seconds)?;
    let rotated =
        app.registrations.rotate(&caller, current, body.secret.as_deref(), overlap).await?;
    info!(registration.id = %id, "secret rotated");
    let view = SecretView::at(&rotated, app.clock.now());
    Ok((ETag::of(rotated.updated_at), Json(view)))
}

/// Reads how long what is replaced goes on signing.
pub(super) fn check_overlap(seconds: Option<u64>) -> Result<Duration, ApiError> {
    let overlap = seconds.unwrap_or(DEFAULT_OVERLAP);
    if overlap > MAX_OVERLAP {
        return Err(ApiError::invalid(vec![Violation {
            pointer: "/overlapSeconds".to_owned(),
            detail: format!("the overlap is longer than {MAX_OVERLAP} seconds"),
        }]));
    }
    Ok(Duration::from_secs(overlap))
}

/// Whoever has the secret can sign in the product's name: no administrator needs that. Nor does a key
/// that may only read, which the guard keeps out.
fn require_owner(caller: &Principal, owner: UserId) -> Result<(), ApiError> {
    if owner != caller.user.id {
        return Err(RegistrationError::SecretOfAnother.into());
    }
    Ok(())
}
