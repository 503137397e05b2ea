//! Rows of `users` and `permissions`.

use postrider_domain::ports::{BoxError, StoreError};
use postrider_domain::{
    Access, Permission, PermissionId, ResourceScope, Role, Timestamp, User, UserId,
};
use uuid::Uuid;

use crate::errors::corrupt;

/// A user.
pub(crate) struct UserRow {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) disabled: bool,
    pub(crate) created_at: i64,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        user(&row).map_err(corrupt("users"))
    }
}

fn user(row: &UserRow) -> Result<User, BoxError> {
    Ok(User {
        id: UserId(row.id),
        name: row.name.parse()?,
        role: match row.role.as_str() {
            "administrator" => Role::Administrator,
            "user" => Role::User,
            other => return Err(format!("`{other}` is not a role").into()),
        },
        disabled: row.disabled,
        created_at: Timestamp::from_micros(row.created_at),
    })
}

/// A role as it is stored.
pub(crate) fn role_text(role: Role) -> &'static str {
    match role {
        Role::Administrator => "administrator",
        Role::User => "user",
    }
}

/// A permission.
pub(crate) struct PermissionRow {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) kind: String,
    pub(crate) resource_id: String,
    pub(crate) access: i64,
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
        user: UserId(row.user_id),
        kind: row.kind.parse()?,
        scope: if row.resource_id.is_empty() {
            ResourceScope::Any
        } else {
            ResourceScope::One(row.resource_id)
        },
        access: Access::from_bits(row.access.try_into()?)?,
    })
}

/// A scope as it is stored: no resource has the empty id.
pub(crate) fn scope_text(scope: &ResourceScope) -> &str {
    match scope {
        ResourceScope::Any => "",
        ResourceScope::One(id) => id,
    }
}
