//! `/api/v1/users`: accounts, for administrators.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, patch};
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use postrider_domain::{Role, Timestamp, User, UserId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::me::role_name;
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Administrator, Id, Json, Listed};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/users", get(list).post(create))
        .route("/api/v1/users/{id}", patch(change))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserView {
    id: UserId,
    name: String,
    role: &'static str,
    disabled: bool,
    created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name.to_string(),
            role: role_name(user.role),
            disabled: user.disabled,
            created_at: user.created_at,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreateUser {
    name: String,
    password: SecretString,
    #[serde(default)]
    role: RoleName,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RoleName {
    Administrator,
    #[default]
    User,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeUser {
    disabled: bool,
}

async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Listed<UserView>>, ApiError> {
    let users = app.store.list_users().await?;
    Ok(Listed::whole(users.into_iter().map(UserView::from).collect()))
}

async fn create(
    State(app): State<App>,
    _: Administrator,
    Json(body): Json<CreateUser>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<UserView>), ApiError> {
    let role = match body.role {
        RoleName::Administrator => Role::Administrator,
        RoleName::User => Role::User,
    };
    let user = app.accounts.create_user(&body.name, &body.password, role).await?;
    info!(user.id = %user.id, "user created");
    let location = format!("/api/v1/users/{}", user.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(user.into())))
}

async fn change(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<UserId>,
    Json(body): Json<ChangeUser>,
) -> Result<Json<UserView>, ApiError> {
    if body.disabled && id == caller.user.id {
        // The last administrator would have locked everybody out.
        return Err(ApiError::new(Code::OwnAccount).detail("you cannot switch yourself off"));
    }
    if !app.store.set_user_disabled(id, body.disabled).await? {
        return Err(ApiError::not_found());
    }
    app.authenticator.forget_all();
    info!(user.id = %id, disabled = body.disabled, "user switched on or off");
    let user = app.store.find_user(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(user.into()))
}
