//! `/api/v1/roles`: named sets of permissions, for administrators.

use axum::extract::State;
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use postrider_domain::ports::{Changed, StoreError};
use postrider_domain::{Role, RoleId};
use serde::Deserialize;
use tracing::info;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::view::RoleView;
use crate::App;
use crate::error::{ApiError, Code, Violations};
use crate::etag::{ETag, IfMatch, IfNoneMatch, other_version};
use crate::extract::{Administrator, Id, Json, Listed};
use crate::openapi::schema;

mod members;
mod view;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, replace, delete))
        .merge(members::routes())
}

/// A role, as it is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WriteRole {
    #[schema(value_type = schema::RoleName)]
    name: String,
    /// What it is for.
    #[schema(max_length = 1024, pattern = r"^[^\x00]*$")]
    description: Option<String>,
}

impl WriteRole {
    /// The role that `unchanged` is to become.
    fn apply_to(self, unchanged: &Role) -> Result<Role, ApiError> {
        let mut violations = Violations::default();
        let name = violations.check("/name", self.name.parse());
        let unfit = |text: &String| text.len() > Role::MAX_DESCRIPTION || text.contains('\0');
        if self.description.as_ref().is_some_and(unfit) {
            let rule = format!(
                "a description has at most {} bytes and no NUL character",
                Role::MAX_DESCRIPTION
            );
            violations.add("/description", rule);
        }
        let Some(name) = name else { return Err(violations.into()) };
        violations.into_result()?;
        Ok(Role { name, description: self.description, ..*unchanged })
    }
}

/// Lists every role by name.
#[utoipa::path(
    get, path = "/api/v1/roles", tag = "roles", operation_id = "listRoles",
    responses((status = 200, body = Listed<RoleView>)),
)]
async fn list(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<Listed<RoleView>>, ApiError> {
    let roles = app.store.list_roles().await?;
    Ok(Listed::whole(roles.into_iter().map(RoleView::from).collect()))
}

/// Adds a role.
#[utoipa::path(
    post, path = "/api/v1/roles", tag = "roles", operation_id = "createRole",
    request_body = WriteRole,
    responses(
        (status = 201, body = RoleView, headers(("Location" = String))),
        (status = 409, description = "`name_taken`: there is a role of this name already."),
    ),
)]
async fn create(
    State(app): State<App>,
    _: Administrator,
    Json(body): Json<WriteRole>,
) -> Result<(StatusCode, [(HeaderName, String); 1], ETag, Json<RoleView>), ApiError> {
    let now = app.clock.now();
    let role = body.apply_to(&Role {
        id: app.ids.next(),
        name: "new".parse().expect("the text is a name"),
        description: None,
        built_in: false,
        created_at: now,
        updated_at: now,
    })?;
    match app.store.add_role(&role).await {
        Ok(()) => {}
        Err(StoreError::Conflict { .. }) => return Err(name_taken()),
        Err(error) => return Err(error.into()),
    }
    info!(role.id = %role.id, "role created");
    let location = format!("/api/v1/roles/{}", role.id);
    let version = ETag::of(role.updated_at);
    Ok((StatusCode::CREATED, [(LOCATION, location)], version, Json(role.into())))
}

/// Shows a role.
#[utoipa::path(
    get, path = "/api/v1/roles/{id}", tag = "roles", operation_id = "getRole",
    params(("id" = schema::RoleId, Path), IfNoneMatch),
    responses((status = 200, body = RoleView)),
)]
async fn show(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<RoleId>,
    version: IfNoneMatch,
) -> Result<Response, ApiError> {
    let role = find(&app, id).await?;
    Ok(version.show(ETag::of(role.updated_at), RoleView::from(role)))
}

/// Renames a role, and says what it is for.
#[utoipa::path(
    put, path = "/api/v1/roles/{id}", tag = "roles", operation_id = "replaceRole",
    params(("id" = schema::RoleId, Path), IfMatch),
    request_body = WriteRole,
    responses(
        (status = 200, body = RoleView),
        (status = 409, description = "`built_in`, `name_taken`, or `concurrent_update`."),
    ),
)]
async fn replace(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<RoleId>,
    version: IfMatch,
    Json(body): Json<WriteRole>,
) -> Result<(ETag, Json<RoleView>), ApiError> {
    let current = find_own(&app, id).await?;
    let expected = current.updated_at;
    version.require(&ETag::of(expected))?;
    let mut role = body.apply_to(&current)?;
    role.updated_at = app.clock.now().as_version_after(expected);
    match app.store.update_role(&role, expected).await? {
        Changed::Done => {}
        Changed::NameTaken => return Err(name_taken()),
        Changed::Stale => {
            return Err(ApiError::new(Code::ConcurrentUpdate)
                .detail("somebody else changed the role; read it and try again"));
        }
    }
    info!(role.id = %id, "role replaced");
    Ok((ETag::of(role.updated_at), Json(role.into())))
}

/// Deletes a role with its permissions and memberships.
#[utoipa::path(
    delete, path = "/api/v1/roles/{id}", tag = "roles", operation_id = "deleteRole",
    params(("id" = schema::RoleId, Path), IfMatch),
    responses((status = 204), (status = 409, description = "`built_in`.")),
)]
async fn delete(
    State(app): State<App>,
    _: Administrator,
    Id(id): Id<RoleId>,
    version: IfMatch,
) -> Result<StatusCode, ApiError> {
    let read = find_own(&app, id).await?.updated_at;
    version.require(&ETag::of(read))?;
    if !app.store.delete_role(id, version.expected(read)).await? {
        find(&app, id).await?;
        return Err(other_version());
    }
    info!(role.id = %id, "role deleted");
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, role: RoleId) -> Result<Role, ApiError> {
    app.store.find_role(role).await?.ok_or_else(ApiError::not_found)
}

/// A role that does not come with the product.
async fn find_own(app: &App, role: RoleId) -> Result<Role, ApiError> {
    let role = find(app, role).await?;
    if role.built_in {
        return Err(ApiError::new(Code::BuiltIn)
            .detail("a role that comes with the product can be neither renamed nor deleted"));
    }
    Ok(role)
}

fn name_taken() -> ApiError {
    ApiError::new(Code::NameTaken).detail("there is a role of this name already")
}
