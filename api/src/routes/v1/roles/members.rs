//! `/api/v1/roles/{id}/members`: who has a role.

use axum::extract::State;
use http::StatusCode;
use postrider_domain::{RoleId, UserId};
use tracing::info;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::find;
use crate::App;
use crate::error::ApiError;
use crate::extract::{Administrator, Id, IdPair, Json, Listed, PageQuery, Query};
use crate::openapi::schema;
use crate::routes::v1::users::{UserView, done};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(add, remove))
}

/// Lists the members of a role, the newest user first.
#[utoipa::path(
    get, path = "/api/v1/roles/{id}/members", tag = "roles", operation_id = "listRoleMembers",
    params(("id" = schema::RoleId, Path), PageQuery),
    responses((status = 200, body = Listed<UserView>)),
)]
async fn list(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<RoleId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Listed<UserView>>, ApiError> {
    let page = query.page()?;
    find(&app, id).await?;
    Ok(app.store.list_role_members(id, page).await?.map(UserView::from).into())
}

/// Puts a user into a role.
///
/// Into the role of administrators, that makes them one.
#[utoipa::path(
    put, path = "/api/v1/roles/{id}/members/{userId}", tag = "roles",
    operation_id = "addRoleMember",
    params(("id" = schema::RoleId, Path), ("userId" = schema::UserId, Path)),
    responses((status = 204)),
)]
async fn add(
    State(app): State<App>,
    _: Administrator,
    IdPair(role, user): IdPair<RoleId, UserId>,
) -> Result<StatusCode, ApiError> {
    let added = app.store.add_role_member(role, user, app.clock.now()).await?;
    app.authenticator.forget_all();
    done(added)?;
    info!(role.id = %role, user.id = %user, "user put into a role");
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a user out of a role.
#[utoipa::path(
    delete, path = "/api/v1/roles/{id}/members/{userId}", tag = "roles",
    operation_id = "removeRoleMember",
    params(("id" = schema::RoleId, Path), ("userId" = schema::UserId, Path)),
    responses(
        (status = 204),
        (status = 409, description = "`last_administrator`: nobody would be left."),
    ),
)]
async fn remove(
    State(app): State<App>,
    _: Administrator,
    IdPair(role, user): IdPair<RoleId, UserId>,
) -> Result<StatusCode, ApiError> {
    let removed = app.store.remove_role_member(role, user, app.clock.now()).await?;
    app.authenticator.forget_all();
    done(removed)?;
    info!(role.id = %role, user.id = %user, "user taken out of a role");
    Ok(StatusCode::NO_CONTENT)
}
