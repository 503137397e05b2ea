//! `/api/v1/registrations/{id}/signing-key`: ed25519 keys, whose public half alone is ever shown.

use axum::extract::State;
use http::StatusCode;
use postrider_domain::{Registration, RegistrationId, SecretText, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::info;
use utoipa::ToSchema;

use super::find;
use super::secret::check_overlap;
use super::view::public_key;
use crate::App;
use crate::error::{ApiError, Code};
use crate::etag::{ETag, IfMatch};
use crate::extract::{Caller, Id, Json};
use crate::openapi::schema;

/// How a key follows another one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RotateKey {
    /// How many seconds the key before goes on signing; a day unless it is given.
    #[schema(minimum = 0, maximum = 2_592_000)]
    overlap_seconds: Option<u64>,
}

/// What receivers verify with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SigningKeyView {
    /// The public half of the key in force.
    #[schema(value_type = schema::PublicKey)]
    public_key: String,
    /// The one before it, while it goes on signing beside the other.
    #[schema(required)]
    previous: Option<PreviousKeyView>,
}

/// A key that was replaced.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PreviousKeyView {
    #[schema(value_type = schema::PublicKey)]
    public_key: String,
    /// When it no longer signs.
    #[schema(value_type = schema::Time)]
    ends_at: Timestamp,
}

impl SigningKeyView {
    fn of(registration: &Registration) -> Result<Self, ApiError> {
        let shown = |key: &SecretText| {
            public_key(key).ok_or_else(|| ApiError::new(Code::Internal).because("a key is broken"))
        };
        let credentials = &registration.credentials;
        let key = credentials.signing_key.as_ref().ok_or_else(ApiError::not_found)?;
        let previous = credentials.previous_signing_key.as_ref().map(|previous| {
            Ok::<_, ApiError>(PreviousKeyView {
                public_key: shown(&previous.key)?,
                ends_at: previous.ends_at,
            })
        });
        Ok(Self { public_key: shown(key)?, previous: previous.transpose()? })
    }
}

/// Makes an ed25519 key that signs besides the secret (`v1a` of Standard Webhooks), or puts another one
/// in its place, while the old one goes on signing for some time. For the owner.
///
/// The answer has the public half, which receivers verify with. Nobody ever sees the other half. A
/// second rotation within the overlap ends the oldest key.
#[utoipa::path(
    post,
    path = "/api/v1/registrations/{id}/signing-key",
    tag = "registrations",
    operation_id = "rotateRegistrationSigningKey",
    params(("id" = schema::RegistrationId, Path), IfMatch),
    request_body = RotateKey,
    responses(
        (status = 200, body = SigningKeyView),
        (status = 409, description = "Somebody else changed it at the same time."),
    ),
)]
pub(super) async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    meant: IfMatch,
    Json(body): Json<RotateKey>,
) -> Result<(ETag, Json<SigningKeyView>), ApiError> {
    let current = find(&app, &caller, id).await?;
    meant.require(&ETag::of(current.updated_at))?;
    let overlap = check_overlap(body.overlap_seconds)?;
    let rotated = app.registrations.rotate_key(&caller, current, overlap).await?;
    info!(registration.id = %id, "signing key rotated");
    Ok((ETag::of(rotated.updated_at), Json(SigningKeyView::of(&rotated)?)))
}

/// Takes the key away, and the one before it: what is sent is signed by the secret alone from now on.
/// For the owner.
#[utoipa::path(
    delete,
    path = "/api/v1/registrations/{id}/signing-key",
    tag = "registrations",
    operation_id = "deleteRegistrationSigningKey",
    params(("id" = schema::RegistrationId, Path), IfMatch),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "Somebody else changed it at the same time."),
    ),
)]
pub(super) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Id(id): Id<RegistrationId>,
    meant: IfMatch,
) -> Result<StatusCode, ApiError> {
    let current = find(&app, &caller, id).await?;
    meant.require(&ETag::of(current.updated_at))?;
    let has_key = current.credentials.signing_key.is_some();
    let own = current.owner == caller.user.id;
    if own && !has_key {
        return Err(ApiError::not_found());
    }
    app.registrations.remove_key(&caller, current).await?;
    info!(registration.id = %id, "signing key removed");
    Ok(StatusCode::NO_CONTENT)
}
