//! Rows of `permissions` and `roles`.

use chrono::{DateTime, Utc};
use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    Access, Holder, Permission, PermissionId, ResourceScope, Role, RoleId, UserId,
};
use uuid::Uuid;

use crate::errors::corrupt;

/// A permission.
pub(crate) struct PermissionRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: Option<Uuid>,
    pub(crate) role_id: Option<Uuid>,
    pub(crate) kind: String,
    pub(crate) scope: String,
    pub(crate) target: String,
    pub(crate) access: i16,
    pub(crate) created_at: DateTime<Utc>,
}

impl TryFrom<PermissionRow> for Permission {
    type Error = StoreError;

    fn try_from(row: PermissionRow) -> Result<Self, StoreError> {
        permission(row).map_err(corrupt("permissions"))
    }
}

fn permission(row: PermissionRow) -> Result<Permission, BoxError> {
    Ok(Permission {
        id: PermissionId(row.id),
        holder: match (row.user_id, row.role_id) {
            (Some(user), None) => Holder::User(UserId(user)),
            (None, Some(role)) => Holder::Role(RoleId(role)),
            _ => return Err("it belongs to one user or one role".into()),
        },
        kind: row.kind.parse()?,
        scope: match (row.scope.as_str(), row.target) {
            ("any", _) => ResourceScope::Any,
            ("one", id) => ResourceScope::One(id),
            ("category", id) => ResourceScope::Category(id),
            (other, _) => return Err(format!("`{other}` is not a scope").into()),
        },
        access: Access::from_bits(row.access.try_into()?)?,
        created_at: row.created_at.into(),
    })
}

/// A scope and its target as they are stored: no resource has the empty id.
pub(crate) fn scope_texts(scope: &ResourceScope) -> (&'static str, &str) {
    match scope {
        ResourceScope::Any => ("any", ""),
        ResourceScope::One(id) => ("one", id),
        ResourceScope::Category(id) => ("category", id),
    }
}

/// The user or the role, one of which a permission has.
pub(crate) fn holder_ids(holder: Holder) -> (Option<Uuid>, Option<Uuid>) {
    match holder {
        Holder::User(user) => (Some(user.0), None),
        Holder::Role(role) => (None, Some(role.0)),
    }
}

/// A role.
pub(crate) struct RoleRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) built_in: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl TryFrom<RoleRow> for Role {
    type Error = StoreError;

    fn try_from(row: RoleRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: RoleId(row.id),
            name: row.name.parse().map_err(corrupt("roles"))?,
            description: row.description,
            built_in: row.built_in,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        })
    }
}
