//! `/api/v1/api-keys`: keys for programs that publish.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::StatusCode;
use postrider_domain::{ApiKeyId, Timestamp, UserId};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::App;
use crate::error::{ApiError, Violations};
use crate::extract::{Administrator, Json};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/v1/api-keys", post(create))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateApiKey {
    /// What it is for.
    name: String,
    /// Whom it acts for; the caller unless given.
    user_id: Option<UserId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CreatedApiKey {
    id: ApiKeyId,
    name: String,
    user_id: UserId,
    /// The key itself: this is the only time it is shown.
    key: String,
    created_at: Timestamp,
}

async fn create(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Json(body): Json<CreateApiKey>,
) -> Result<(StatusCode, Json<CreatedApiKey>), ApiError> {
    let user = body.user_id.unwrap_or(caller.user.id);
    if app.store.find_user(user).await?.is_none() {
        let mut violations = Violations::default();
        violations.add("/userId", "there is no such user");
        return Err(ApiError::from(violations));
    }
    let (key, token) = app.accounts.create_api_key(user, &body.name).await?;
    info!(api_key.id = %key.id, user.id = %user, "API key created");
    let created = CreatedApiKey {
        id: key.id,
        name: key.name,
        user_id: key.user,
        key: token.expose_secret().to_owned(),
        created_at: key.created_at,
    };
    Ok((StatusCode::CREATED, Json(created)))
}
