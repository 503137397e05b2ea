//! `/api/v1/users/{id}/permissions` and `/api/v1/roles/{id}/permissions`: who may do what, for
//! administrators.

use axum::extract::State;
use http::StatusCode;
use postrider_domain::{Holder, PageRequest, PermissionId, RoleId, UserId};
use tracing::info;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::body::Grant;
pub(super) use self::view::PermissionView;
use crate::App;
use crate::audit::AuditNote;
use crate::error::{ApiError, Code};
use crate::extract::{Administrator, Id, IdPair, Json, Listed, PageQuery, Query};
use crate::openapi::schema;

mod body;
mod view;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_of_user, grant_to_user))
        .routes(routes!(revoke_from_user))
        .routes(routes!(list_of_role, grant_to_role))
        .routes(routes!(revoke_from_role))
}

type Granted = (StatusCode, AuditNote, Json<PermissionView>);

/// Lists a user's own permissions, without those of their roles, the newest first.
#[utoipa::path(
    get, path = "/api/v1/users/{id}/permissions", tag = "permissions",
    operation_id = "listUserPermissions",
    params(("id" = schema::UserId, Path), PageQuery),
    responses((status = 200, body = Listed<PermissionView>)),
)]
async fn list_of_user(
    State(app): State<App>,
    _: Administrator,
    Id(user): Id<UserId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listed<PermissionView>>, ApiError> {
    let page = query.page()?;
    app.store.find_user(user).await?.ok_or_else(ApiError::not_found)?;
    list(&app, Holder::User(user), page).await
}

/// Grants a permission to a user.
///
/// Granting the same kind and scope again replaces what is allowed.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/permissions", tag = "permissions",
    operation_id = "grantUserPermission",
    params(("id" = schema::UserId, Path)),
    request_body = Grant,
    responses((status = 201, body = PermissionView)),
)]
async fn grant_to_user(
    State(app): State<App>,
    _: Administrator,
    Id(user): Id<UserId>,
    Json(body): Json<Grant>,
) -> Result<Granted, ApiError> {
    grant(&app, Holder::User(user), body).await
}

/// Takes a permission of a user away.
#[utoipa::path(
    delete, path = "/api/v1/users/{id}/permissions/{permissionId}", tag = "permissions",
    operation_id = "revokeUserPermission",
    params(("id" = schema::UserId, Path), ("permissionId" = schema::PermissionId, Path)),
    responses((status = 204)),
)]
async fn revoke_from_user(
    State(app): State<App>,
    _: Administrator,
    IdPair(user, permission): IdPair<UserId, PermissionId>,
) -> Result<StatusCode, ApiError> {
    revoke(&app, Holder::User(user), permission).await
}

/// Lists the permissions of a role, the newest first.
#[utoipa::path(
    get, path = "/api/v1/roles/{id}/permissions", tag = "permissions",
    operation_id = "listRolePermissions",
    params(("id" = schema::RoleId, Path), PageQuery),
    responses((status = 200, body = Listed<PermissionView>)),
)]
async fn list_of_role(
    State(app): State<App>,
    _: Administrator,
    Id(role): Id<RoleId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listed<PermissionView>>, ApiError> {
    let page = query.page()?;
    app.store.find_role(role).await?.ok_or_else(ApiError::not_found)?;
    list(&app, Holder::Role(role), page).await
}

/// Grants a permission to every member of a role.
///
/// Granting the same kind and scope again replaces what is allowed.
#[utoipa::path(
    post, path = "/api/v1/roles/{id}/permissions", tag = "permissions",
    operation_id = "grantRolePermission",
    params(("id" = schema::RoleId, Path)),
    request_body = Grant,
    responses(
        (status = 201, body = PermissionView),
        (status = 409, description = "`built_in`: administrators may do everything anyhow."),
    ),
)]
async fn grant_to_role(
    State(app): State<App>,
    _: Administrator,
    Id(role): Id<RoleId>,
    Json(body): Json<Grant>,
) -> Result<Granted, ApiError> {
    if role == RoleId::SYSTEM_ADMINISTRATOR {
        return Err(ApiError::new(Code::BuiltIn)
            .detail("administrators may do everything, without any permission"));
    }
    grant(&app, Holder::Role(role), body).await
}

/// Takes a permission of a role away.
#[utoipa::path(
    delete, path = "/api/v1/roles/{id}/permissions/{permissionId}", tag = "permissions",
    operation_id = "revokeRolePermission",
    params(("id" = schema::RoleId, Path), ("permissionId" = schema::PermissionId, Path)),
    responses((status = 204)),
)]
async fn revoke_from_role(
    State(app): State<App>,
    _: Administrator,
    IdPair(role, permission): IdPair<RoleId, PermissionId>,
) -> Result<StatusCode, ApiError> {
    revoke(&app, Holder::Role(role), permission).await
}

async fn list(
    app: &App,
    holder: Holder,
    page: PageRequest,
) -> Result<Json<Listed<PermissionView>>, ApiError> {
    let permissions = app.store.list_permissions(&[holder], page).await?;
    let filters = app.filters.current().await?;
    Ok(permissions.map(|granted| PermissionView::new(granted, &filters)).into())
}

async fn grant(app: &App, holder: Holder, body: Grant) -> Result<Granted, ApiError> {
    let permission = body.into_permission(app, holder).await?;
    let granted = app.store.grant_permission(&permission).await?;
    let granted = granted.ok_or_else(ApiError::not_found)?;
    info!(permission.id = %granted.id, "permission granted");
    let note = AuditNote(granted.id.to_string());
    let view = PermissionView::new(granted, app.filters.current().await?.as_ref());
    Ok((StatusCode::CREATED, note, Json(view)))
}

async fn revoke(
    app: &App,
    holder: Holder,
    permission: PermissionId,
) -> Result<StatusCode, ApiError> {
    if !app.store.revoke_permission(holder, permission).await? {
        return Err(ApiError::not_found());
    }
    info!(permission.id = %permission, "permission revoked");
    Ok(StatusCode::NO_CONTENT)
}
