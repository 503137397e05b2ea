//! `/api/v1/users/{id}/permissions`: what a user may do, for administrators.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete, get};
use http::StatusCode;
use postrider_domain::{Access, FilterName, Permission, PermissionId, ResourceScope, UserId};
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::App;
use crate::error::{ApiError, Violations};
use crate::extract::{Administrator, Id, Json, Listed, parse_id};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/v1/users/{id}/permissions", get(list).post(grant))
        .route("/api/v1/users/{id}/permissions/{permission}", delete(revoke))
}

/// The bits of an access, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AccessName {
    Read,
    Modify,
    Delete,
    Create,
}

impl AccessName {
    const ALL: [Self; 4] = [Self::Read, Self::Modify, Self::Delete, Self::Create];

    const fn access(self) -> Access {
        match self {
            Self::Read => Access::READ,
            Self::Modify => Access::MODIFY,
            Self::Delete => Access::DELETE,
            Self::Create => Access::CREATE,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PermissionView {
    id: PermissionId,
    kind: FilterName,
    /// The one resource it is about; every one of the kind when there is none.
    resource_id: Option<String>,
    access: Vec<AccessName>,
}

impl From<Permission> for PermissionView {
    fn from(permission: Permission) -> Self {
        Self {
            id: permission.id,
            kind: permission.kind,
            resource_id: match permission.scope {
                ResourceScope::Any => None,
                ResourceScope::One(id) => Some(id),
            },
            access: AccessName::ALL
                .into_iter()
                .filter(|name| permission.access.allows(name.access()))
                .collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Grant {
    kind: String,
    resource_id: Option<String>,
    access: Vec<AccessName>,
}

impl Grant {
    fn into_permission(self, app: &App, user: UserId) -> Result<Permission, ApiError> {
        let mut violations = Violations::default();
        let kind = violations.check("/kind", self.kind.parse::<FilterName>());
        if kind.as_ref().is_some_and(|kind| !app.filters.contains(kind)) {
            violations.add("/kind", format!("`{}` is not a kind of resource", self.kind));
        }
        let bits = self.access.iter().fold(0, |bits, name| bits | name.access().bits());
        let access = violations.check("/access", Access::from_bits(bits));
        let (Some(kind), Some(access)) = (kind, access) else { return Err(violations.into()) };

        let scope = self.resource_id.map_or(ResourceScope::Any, ResourceScope::One);
        let permission = Permission { id: app.ids.next(), user, kind, scope, access };
        violations.check("", permission.validate());
        violations.into_result()?;
        Ok(permission)
    }
}

async fn list(
    State(app): State<App>,
    _: Administrator,
    Id(user): Id<UserId>,
) -> Result<Json<Listed<PermissionView>>, ApiError> {
    require_user(&app, user).await?;
    let permissions = app.store.list_permissions(user).await?;
    Ok(Listed::whole(permissions.into_iter().map(PermissionView::from).collect()))
}

async fn grant(
    State(app): State<App>,
    _: Administrator,
    Id(user): Id<UserId>,
    Json(body): Json<Grant>,
) -> Result<(StatusCode, Json<PermissionView>), ApiError> {
    require_user(&app, user).await?;
    let permission = body.into_permission(&app, user)?;
    let granted = app.store.grant_permission(&permission).await?;
    info!(user.id = %user, permission.id = %granted.id, "permission granted");
    Ok((StatusCode::CREATED, Json(granted.into())))
}

async fn revoke(
    State(app): State<App>,
    _: Administrator,
    Path((user, permission)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let user: UserId = parse_id(&user)?;
    let permission: PermissionId = parse_id(&permission)?;
    if !app.store.revoke_permission(user, permission).await? {
        return Err(ApiError::not_found());
    }
    info!(user.id = %user, permission.id = %permission, "permission revoked");
    Ok(StatusCode::NO_CONTENT)
}

async fn require_user(app: &App, user: UserId) -> Result<(), ApiError> {
    app.store.find_user(user).await?.map(drop).ok_or_else(ApiError::not_found)
}
