//! `/api/v1/me`: the caller's own account.

use axum::extract::State;
use http::StatusCode;
use postrider_domain::{Holder, Permission};
use secrecy::SecretString;
use serde::Deserialize;
use tracing::info;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::view::HeldPermission;
pub(super) use self::view::Me;
use crate::App;
use crate::error::{ApiError, Code};
use crate::extract::{Caller, Json, Listed, PageQuery, Query};
use crate::metrics::Login;
use crate::openapi::schema;
use postrider_runtime::RequestOrigin;

mod view;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(list_permissions))
        .routes(routes!(change_password))
        .routes(routes!(end_login))
}

/// A new password, and the present one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangePassword {
    #[schema(value_type = schema::Password)]
    current_password: SecretString,
    #[schema(value_type = schema::NewPassword)]
    new_password: SecretString,
}

/// Shows whom the request acts as.
#[utoipa::path(
    get, path = "/api/v1/me", tag = "me", operation_id = "getMe",
    responses((status = 200, body = Me)),
)]
async fn show(State(app): State<App>, caller: Caller) -> Result<Json<Me>, ApiError> {
    let roles = app.store.list_roles_of(caller.user.id).await?;
    Ok(Json(Me::new(&caller, roles)))
}

/// Lists what the caller may do, by themselves and by their roles, the newest permission first.
///
/// Administrators need no permission, and may do everything.
#[utoipa::path(
    get, path = "/api/v1/me/permissions", tag = "me", operation_id = "listMyPermissions",
    params(PageQuery),
    responses((status = 200, body = Listed<HeldPermission>)),
)]
async fn list_permissions(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listed<HeldPermission>>, ApiError> {
    let page = query.page()?;
    let roles = app.store.list_roles_of(caller.user.id).await?;
    let mut holders = vec![Holder::User(caller.user.id)];
    holders.extend(roles.iter().map(|role| Holder::Role(role.id)));
    let permissions = app.store.list_permissions(&holders, page).await?;
    let filters = app.filters.current().await?;
    let held = |granted: Permission| {
        let role = roles.iter().find(|role| granted.holder == Holder::Role(role.id));
        HeldPermission::new(granted, role.cloned(), &filters)
    };
    Ok(permissions.map(held).into())
}

/// Changes the caller's password, and ends all their logins, this one included.
#[utoipa::path(
    put, path = "/api/v1/me/password", tag = "me", operation_id = "changeMyPassword",
    request_body = ChangePassword,
    responses(
        (status = 204),
        (status = 403, description = "`wrong_password`, or `forbidden`: it takes a login."),
        (status = 429, description = "`too_many_attempts`: guessing is slowed down."),
    ),
)]
async fn change_password(
    State(app): State<App>,
    caller: Caller,
    origin: RequestOrigin,
    Json(body): Json<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    caller.require_login()?;
    if let Err(slowed) = app.throttle.check(Some(&caller.user.name), origin.address) {
        app.metrics.logins.of(Login::Throttled).inc();
        return Err(ApiError::new(Code::TooManyAttempts)
            .detail("too many attempts to give the present password")
            .retry_after(slowed.wait));
    }
    if !app.accounts.is_password_of(&caller.user, &body.current_password).await? {
        app.metrics.logins.of(Login::Refused).inc();
        return Err(ApiError::new(Code::WrongPassword)
            .detail("`currentPassword` is not the present password"));
    }
    app.accounts.set_password(&caller.user, &body.new_password).await.map_err(in_new_password)?;
    app.authenticator.forget_all();
    info!("password changed");
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the login that the request came with.
#[utoipa::path(
    delete, path = "/api/v1/me/token", tag = "me", operation_id = "endMyLogin",
    responses((status = 204)),
)]
async fn end_login(State(app): State<App>, caller: Caller) -> Result<StatusCode, ApiError> {
    caller.require_login()?;
    app.store.remove_token(caller.proof()).await?;
    app.authenticator.forget_all();
    info!("logged out");
    Ok(StatusCode::NO_CONTENT)
}

/// The rule of passwords, told of the member that has the new one.
fn in_new_password(error: crate::accounts::AccountError) -> ApiError {
    let mut error = ApiError::from(error);
    for violation in &mut error.violations {
        "/newPassword".clone_into(&mut violation.pointer);
    }
    error
}
