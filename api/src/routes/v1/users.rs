//! `/api/v1/users`: accounts, for administrators.

use axum::extract::State;
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use postrider_domain::ports::AccountChange;
use postrider_domain::{RoleId, User, UserId};
use secrecy::SecretString;
use serde::Deserialize;
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::view::UserDetails;
pub(super) use self::view::{NamedRole, UserView};
use crate::App;
use crate::error::{ApiError, Code, Violations};
use crate::etag::{ETag, IfMatch, IfNoneMatch, other_version};
use crate::extract::{Administrator, Id, Json, Listed, Query, page_request, search_text};
use crate::openapi::schema;

mod view;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, delete))
        .routes(routes!(set_password))
        .routes(routes!(end_logins))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Only users whose name contains this, in any case.
    #[param(max_length = 200, pattern = r"^[^\x00]*$")]
    search: Option<String>,
    /// Where the page before ended.
    #[param(value_type = Option<schema::Cursor>)]
    cursor: Option<String>,
    /// The most entries of the page.
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
}

/// A user to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateUser {
    #[schema(value_type = schema::UserName)]
    name: String,
    #[schema(value_type = schema::NewPassword)]
    password: SecretString,
    /// Whether they manage everything.
    #[serde(default)]
    administrator: bool,
    /// The roles they have from the start.
    #[serde(default)]
    #[schema(value_type = Vec<schema::RoleId>)]
    roles: Vec<RoleId>,
}

/// What changes about a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangeUser {
    /// Switched off: cannot sign in, and nothing is sent to their registrations.
    disabled: bool,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SetPassword {
    #[schema(value_type = schema::NewPassword)]
    password: SecretString,
}

/// Lists users, the newest first.
#[utoipa::path(
    get, path = "/api/v1/users", tag = "users", operation_id = "listUsers",
    params(ListQuery),
    responses((status = 200, body = Listed<UserView>)),
)]
async fn list(
    State(app): State<App>,
    _: Administrator,
    Query(query): Query<ListQuery>,
) -> Result<Json<Listed<UserView>>, ApiError> {
    let page = page_request(query.cursor.as_deref(), query.limit)?;
    let users = app.store.list_users(search_text(query.search.as_deref())?, page).await?;
    Ok(users.map(UserView::from).into())
}

/// Adds a user.
#[utoipa::path(
    post, path = "/api/v1/users", tag = "users", operation_id = "createUser",
    request_body = CreateUser,
    responses(
        (status = 201, body = UserDetails, headers(("Location" = String))),
        (status = 409, description = "`name_taken`: there is a user of this name already."),
    ),
)]
async fn create(
    State(app): State<App>,
    _: Administrator,
    Json(body): Json<CreateUser>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<UserDetails>), ApiError> {
    let (mut administrator, mut roles) = (body.administrator, body.roles);
    check_roles(&app, &roles).await?;
    // Membership in this one is what makes somebody an administrator.
    administrator |= roles.contains(&RoleId::SYSTEM_ADMINISTRATOR);
    roles.retain(|role| *role != RoleId::SYSTEM_ADMINISTRATOR);

    let user = app.accounts.create_user(&body.name, &body.password, administrator).await?;
    for role in roles {
        // A role that was deleted just now is one they do not have.
        app.store.add_role_member(role, user.id, app.clock.now()).await?;
    }
    info!(user.id = %user.id, user.administrator = user.administrator, "user created");
    let location = format!("/api/v1/users/{}", user.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(details(&app, user.id).await?)))
}

/// Shows a user with their roles.
#[utoipa::path(
    get, path = "/api/v1/users/{id}", tag = "users", operation_id = "getUser",
    params(("id" = schema::UserId, Path), IfNoneMatch),
    responses((status = 200, body = UserDetails)),
)]
async fn show(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<UserId>,
    version: IfNoneMatch,
) -> Result<Response, ApiError> {
    let details = details(&app, id).await?;
    Ok(version.show(details.version(), details))
}

/// Switches a user on or off.
#[utoipa::path(
    patch, path = "/api/v1/users/{id}", tag = "users", operation_id = "changeUser",
    params(("id" = schema::UserId, Path), IfMatch),
    request_body = ChangeUser,
    responses(
        (status = 200, body = UserDetails),
        (status = 409, description = "`own_account`, or `last_administrator`."),
    ),
)]
async fn change(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<UserId>,
    version: IfMatch,
    Json(body): Json<ChangeUser>,
) -> Result<(ETag, Json<UserDetails>), ApiError> {
    let user = find(&app, id).await?;
    version.require(&ETag::of(user.updated_at))?;
    if body.disabled && id == caller.user.id {
        return Err(ApiError::new(Code::OwnAccount).detail("you cannot switch yourself off"));
    }
    let changed = app.store.set_user_disabled(
        id,
        body.disabled,
        version.expected(user.updated_at),
        app.clock.now(),
    );
    let changed = changed.await?;
    app.authenticator.forget_all();
    done(changed)?;
    info!(user.id = %id, disabled = body.disabled, "user switched on or off");
    let details = details(&app, id).await?;
    Ok((details.version(), Json(details)))
}

/// Deletes a user with everything that is theirs.
///
/// Their registrations end, and what is pending for them becomes dead; history and the audit log stay.
#[utoipa::path(
    delete, path = "/api/v1/users/{id}", tag = "users", operation_id = "deleteUser",
    params(("id" = schema::UserId, Path), IfMatch),
    responses(
        (status = 204),
        (status = 409, description = "`own_account`, or `last_administrator`."),
    ),
)]
async fn delete(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<UserId>,
    version: IfMatch,
) -> Result<StatusCode, ApiError> {
    let user = find(&app, id).await?;
    version.require(&ETag::of(user.updated_at))?;
    if id == caller.user.id {
        return Err(ApiError::new(Code::OwnAccount).detail("you cannot delete yourself"));
    }
    let deleted =
        app.store.delete_user(id, version.expected(user.updated_at), app.clock.now()).await?;
    app.authenticator.forget_all();
    done(deleted)?;
    info!(user.id = %id, "user deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// Gives another user a new password, and ends their logins.
#[utoipa::path(
    put, path = "/api/v1/users/{id}/password", tag = "users", operation_id = "setPassword",
    params(("id" = schema::UserId, Path)),
    request_body = SetPassword,
    responses(
        (status = 204),
        (status = 409, description = "`own_account`: one's own is changed below `/api/v1/me`."),
    ),
)]
async fn set_password(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Id(id): Id<UserId>,
    Json(body): Json<SetPassword>,
) -> Result<StatusCode, ApiError> {
    if id == caller.user.id {
        return Err(ApiError::new(Code::OwnAccount)
            .detail("your own password is changed at `/api/v1/me/password`"));
    }
    let user = find(&app, id).await?;
    app.accounts.set_password(&user, &body.password).await?;
    app.authenticator.forget_all();
    info!(user.id = %id, "password set");
    Ok(StatusCode::NO_CONTENT)
}

/// Ends every login of a user. Their API keys stay.
#[utoipa::path(
    delete, path = "/api/v1/users/{id}/tokens", tag = "users", operation_id = "endLogins",
    params(("id" = schema::UserId, Path)),
    responses((status = 204)),
)]
async fn end_logins(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<UserId>,
) -> Result<StatusCode, ApiError> {
    find(&app, id).await?;
    let ended = app.store.remove_tokens(id).await?;
    app.authenticator.forget_all();
    info!(user.id = %id, tokens = ended, "logins ended");
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, user: UserId) -> Result<User, ApiError> {
    app.store.find_user(user).await?.ok_or_else(ApiError::not_found)
}

async fn details(app: &App, user: UserId) -> Result<UserDetails, ApiError> {
    let roles = app.store.list_roles_of(user).await?;
    Ok(UserDetails::new(find(app, user).await?, roles))
}

async fn check_roles(app: &App, roles: &[RoleId]) -> Result<(), ApiError> {
    if roles.is_empty() {
        return Ok(());
    }
    let known = app.store.list_roles().await?;
    let mut violations = Violations::default();
    for (index, role) in roles.iter().enumerate() {
        if !known.iter().any(|known| known.id == *role) {
            violations.add(&format!("/roles/{index}"), "there is no such role");
        }
    }
    violations.into_result()
}

/// What a change to an account tells the client when it was not made.
pub(super) fn done(change: AccountChange) -> Result<(), ApiError> {
    match change {
        AccountChange::Done => Ok(()),
        AccountChange::NotFound => Err(ApiError::not_found()),
        AccountChange::Stale => Err(other_version()),
        AccountChange::LastAdministrator => Err(ApiError::new(Code::LastAdministrator)
            .detail("nobody else who can manage anything would be left")),
    }
}
